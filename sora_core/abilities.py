"""One short recipe per ability: a canvas from latents. Pure functions that know no model.

The abilities are those of OpenAI's report "Video generation models as world simulators".
"""

from __future__ import annotations

import torch

from .canvas import LatentCanvas
from .shapes import LatentShape


def text_to_video(
    shape: LatentShape,
    batch: int = 1,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> LatentCanvas:
    """A canvas of `batch` clips on which everything is still to be invented.

    Raises ValueError for a shape or batch below 1.
    """
    if batch < 1 or min(shape) < 1:
        raise ValueError(f"a canvas needs every size >= 1, got batch {batch} of {shape}")
    clean = torch.zeros(batch, *shape, device=device, dtype=dtype)  # [B C T H W]
    noise_level = torch.ones_like(clean[:, :1])  # [B 1 T H W]
    return LatentCanvas(clean, noise_level)


def text_to_image(
    shape: LatentShape,
    batch: int = 1,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> LatentCanvas:
    """A canvas of `batch` single images: a video of one latent frame, whatever shape.frames says."""
    return text_to_video(shape._replace(frames=1), batch, device=device, dtype=dtype)

"""Ways to hold what is known while the rest is sampled, with one and the same model.

`nano` takes a level per patch. By replacing it is used as a model that takes one level for the whole clip.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..diffusion.denoise import denoise
from ..diffusion.options import SamplingOptions
from ..models.conditioning import TextConditioning
from ..pipeline import Pipeline


class Hold(Protocol):
    """A way to hold what is known."""

    def __call__(
        self, pipe: Pipeline, text: TextConditioning, canvas: LatentCanvas, *, seed: int, sampling: SamplingOptions
    ) -> torch.Tensor:
        """Latents [B C T H W]: the canvas, filled as its texts say."""
        ...


def per_patch(
    pipe: Pipeline, text: TextConditioning, canvas: LatentCanvas, *, seed: int, sampling: SamplingOptions
) -> torch.Tensor:
    """Known patches have level 0 from the first step on. See Hold."""
    return pipe.sample_canvas(text, canvas, seed=seed, sampling=sampling)


@dataclass(frozen=True)
class Replace:
    """Known places are shown noised to the level of the rest, as for a model that takes one timestep for the clip.

    resampling: how often each part of the schedule is sampled again (RePaint).
    """

    resampling: int = 0

    def __call__(
        self, pipe: Pipeline, text: TextConditioning, canvas: LatentCanvas, *, seed: int, sampling: SamplingOptions
    ) -> torch.Tensor:
        """See Hold."""
        options = replace(sampling, resampling=self.resampling)
        return denoise(pipe.guider(text, options), canvas, options, patch=None, seed=seed)

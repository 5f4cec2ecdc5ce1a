"""An animated preview while sampling: frames of the clean estimate in turn, mapped linearly to RGB."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image

from ...sora_core.canvas.shapes import VideoShape
from ...sora_core.models.wan.vae import VideoVAE

BOARDS, FRAMES = 8, 4  # number of boards, and latent frames of each


@torch.no_grad()
def fit_colours(vae: VideoVAE) -> torch.Tensor:
    """[C+1 3]: the least-squares map from a normalised latent and 1 to RGB in 0..1, fitted on random colours.

    The boards of colours are repeated over some latent frames: a causal VAE encodes the first frame unlike the others.
    """
    compression = vae.compression
    video = VideoShape(compression.video_frames(FRAMES), 8 * compression.height, 8 * compression.width)
    weight = next(vae.parameters())
    cells = torch.rand(BOARDS, 3, 8, 8, generator=torch.Generator().manual_seed(0))  # [B 3 8 8]
    pixels = torch.nn.functional.interpolate(cells, (video.height, video.width)).to(weight)
    latents = vae.encode(2 * pixels[:, :, None].expand(-1, -1, video.frames, -1, -1) - 1)  # [B C T 8 8]
    known = torch.cat([latents, torch.ones_like(latents[:, :1])], dim=1).movedim(1, -1).flatten(0, -2)  # [B*T*64 C+1]
    colours = cells[:, :, None].expand(-1, -1, FRAMES, -1, -1).movedim(1, -1).flatten(0, -2)  # [B*T*64 3]
    solution: torch.Tensor = torch.linalg.lstsq(known.float().cpu(), colours, driver="gelsd").solution
    return solution


def colours_of(factors: Sequence[Sequence[float]], bias: Sequence[float] | None) -> torch.Tensor:
    """[C+1 3] as from fit_colours, of ComfyUI's factors [C 3] and bias [3], which give -1..1; None is 0."""
    colours = torch.tensor([*factors, bias or [0.0] * 3]) / 2
    colours[-1] += 0.5
    return colours


def estimate_frame(estimate: torch.Tensor, colours: torch.Tensor, number: int) -> Image.Image:
    """Frame `number` (modulo T) of an estimate [B C T H W], one pixel per latent."""
    frame = estimate[0, :, number % estimate.shape[2]].float().cpu()  # [C H W]
    rgb = torch.einsum("chw,cr->hwr", frame, colours[:-1]) + colours[-1]
    return Image.fromarray((rgb.clamp(0, 1) * 255).round().to(torch.uint8).numpy())

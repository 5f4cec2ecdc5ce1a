"""A moving preview while sampling: the clean estimate's frames in turn, mapped linearly from latents to colours."""

from __future__ import annotations

import torch
from PIL import Image

from ..sora_core.shapes import VideoShape
from ..sora_core.vae import VideoVAE


@torch.no_grad()
def fit_colours(vae: VideoVAE) -> torch.Tensor:
    """[C+1 3]: the least-squares map from a normalised latent (and 1) to RGB in 0..1, on a board of random colours."""
    compression = vae.compression
    video = compression.to_video(compression.to_latent(VideoShape(1, 8 * compression.height, 8 * compression.width), 1))
    weight = next(vae.parameters())
    cells = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))  # [1 3 8 8]
    pixels = torch.nn.functional.interpolate(cells, (video.height, video.width)).to(weight)
    latents = vae.encode(2 * pixels[:, :, None] - 1)  # [1 C 1 8 8]
    known = torch.cat([latents, torch.ones_like(latents[:, :1])], dim=1)[0, :, 0].flatten(1).T  # [64 C+1]
    return torch.linalg.lstsq(known.float().cpu(), cells[0].flatten(1).T, driver="gelsd").solution


def estimate_frame(estimate: torch.Tensor, colours: torch.Tensor, number: int) -> Image.Image:
    """Frame `number` (around and around) of an estimate [B C T H W], one pixel per latent."""
    frame = estimate[0, :, number % estimate.shape[2]].float().cpu()  # [C H W]
    rgb = torch.einsum("chw,cr->hwr", frame, colours[:-1]) + colours[-1]
    return Image.fromarray((rgb.clamp(0, 1) * 255).round().to(torch.uint8).numpy())

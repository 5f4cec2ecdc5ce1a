"""What the DiT is trained on: canvases with a noise level per place, and the rectified-flow loss on them.

Levels are drawn as in SD3 (logit-normal, shifted: https://arxiv.org/abs/2403.03206). Independent levels per frame are
diffusion forcing (https://arxiv.org/abs/2407.01392); with clean context, extending a clip is in distribution.
"""

from __future__ import annotations

import torch

from ..canvas import LatentCanvas
from ..diffusion.flow import velocity_target
from ..diffusion.schedule import shift_level

SHIFTS = (4.0, 16.0)  # half of the levels each: layout and first motion are decided above 0.95
PER_FRAME, CONTEXT = 0.08, 0.08  # shares of samples; the rest has one level everywhere


def draw_levels(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Logit-normal levels in 0..1, shifted towards noise by one of SHIFTS."""
    level = torch.randn(shape, generator=generator).sigmoid()
    far = torch.rand(shape, generator=generator) < 0.5
    return torch.where(far, shift_level(level, SHIFTS[1]), shift_level(level, SHIFTS[0]))


def training_canvas(latents: torch.Tensor, generator: torch.Generator) -> LatentCanvas:
    """Latents [B C T H W] with levels drawn per sample: one everywhere, one per frame, or clean frames at one end."""
    batch, _, frames = latents.shape[:3]
    level = draw_levels((batch, 1), generator).expand(batch, frames).clone()  # [B T]
    kind = torch.rand(batch, generator=generator)
    per_frame = kind < PER_FRAME
    level[per_frame] = draw_levels((batch, frames), generator)[per_frame]
    if frames > 1:
        level[_clean_context(batch, frames, generator) & (kind > 1 - CONTEXT)[:, None]] = 0
    grid = level.to(latents)[:, None, :, None, None]
    return LatentCanvas(latents, grid.expand(batch, 1, *latents.shape[2:]))


def _clean_context(batch: int, frames: int, generator: torch.Generator) -> torch.Tensor:
    """Where the known frames are, a prefix or a suffix that leaves at least one frame to invent: bool [B T]."""
    length = torch.randint(1, frames, (batch, 1), generator=generator)
    prefix = torch.arange(frames) < length  # [B T]
    suffix = torch.rand(batch, 1, generator=generator) < 0.5
    return torch.where(suffix, prefix.flip(1), prefix)


def flow_loss(velocity: torch.Tensor, noise: torch.Tensor, canvas: LatentCanvas) -> torch.Tensor:
    """Mean squared error of the velocity [B C T H W] where there is noise; at level 0 it cannot be known."""
    error = (velocity.float() - velocity_target(canvas.clean, noise)).square().mean(dim=1, keepdim=True)  # [B 1 T H W]
    noisy = (canvas.noise_level > 0).to(error)
    return (error * noisy).sum() / noisy.sum().clamp(min=1)

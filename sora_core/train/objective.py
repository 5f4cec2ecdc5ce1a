"""What the DiT is trained on: canvases with a noise level per place, and the rectified-flow loss on them.

Levels are drawn as in SD3 (logit-normal, shifted: https://arxiv.org/abs/2403.03206). Independent levels per frame are
diffusion forcing (https://arxiv.org/abs/2407.01392); with known frames and regions every ability is in distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..canvas.abilities import inpaint
from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import PatchSize
from ..diffusion.flow import velocity_target
from ..diffusion.schedule import shift_level

SHIFTS = {1.0: 0.2, 4.0: 0.4, 16.0: 0.4}
"""Shares of the levels: layout and first motion are decided above 0.95, contrast and edges at 0.5 and below."""
NOISED, MAX_CONTEXT_LEVEL = 0.3, 0.2  # share of contexts that are a little noisy, as chained generation has them


@dataclass(frozen=True)
class Mix:
    """Shares of samples with a level per frame, and with known frames; the rest has one level everywhere."""

    per_frame: float
    context: float


EARLY, LATE = Mix(0.25, 0.3), Mix(0.08, 0.3)
"""Beside a single known frame the text alone says what moves where: that teaches motion. Then come whole clips."""


def draw_levels(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Logit-normal levels in 0..1, shifted towards noise by one of SHIFTS."""
    level = torch.randn(shape, generator=generator).sigmoid()
    shifted = torch.stack([shift_level(level, shift) for shift in SHIFTS])
    shares = torch.tensor(list(SHIFTS.values()))
    chosen = torch.multinomial(shares, level.numel(), replacement=True, generator=generator)
    return shifted.gather(0, chosen.view(1, *shape))[0]


def training_canvas(latents: torch.Tensor, mix: Mix, generator: torch.Generator) -> LatentCanvas:
    """Latents [B C T H W] with levels drawn per sample: one everywhere, one per frame, or one beside known frames."""
    batch, _, frames = latents.shape[:3]
    level = draw_levels((batch, 1), generator).expand(batch, frames).clone()  # [B T]
    kind = torch.rand(batch, generator=generator)
    per_frame = kind < mix.per_frame
    level[per_frame] = draw_levels((batch, frames), generator)[per_frame]
    if frames > 1:
        known = known_frames(batch, frames, generator) & (kind > 1 - mix.context)[:, None]  # [B T]
        level = torch.where(known, _context_level(batch, generator)[:, None], level)
    return inpaint(latents, level[:, None, :, None, None])


def window_canvas(latents: torch.Tensor, generator: torch.Generator) -> LatentCanvas:
    """Latents [B C T H W] cut from mid-clip, whose beginning is known, as long videos are made window by window.

    In half of the samples all that follows has one level; in the others it rises from frame to frame (rolling).
    """
    batch, _, frames = latents.shape[:3]
    known = torch.arange(frames) < torch.randint(1, frames, (batch, 1), generator=generator)  # [B T]
    rising = torch.rand(batch, 1, generator=generator) < 0.5
    level = torch.where(
        rising, draw_levels((batch, frames), generator).sort(dim=1).values, draw_levels((batch, 1), generator)
    )
    level = torch.where(known, _context_level(batch, generator)[:, None], level)
    return inpaint(latents, level[:, None, :, None, None])


def between_canvas(latents: torch.Tensor, between: Sequence[range], generator: torch.Generator) -> LatentCanvas:
    """Latents [B C T H W] known but for some frames of each clip: connecting and looping."""
    batch, _, frames = latents.shape[:3]
    known = torch.tensor([[frame not in open_frames for frame in range(frames)] for open_frames in between])
    level = torch.where(known, _context_level(batch, generator)[:, None], draw_levels((batch, 1), generator))
    return inpaint(latents, level[:, None, :, None, None])


def region_canvas(latents: torch.Tensor, patch: PatchSize, generator: torch.Generator) -> LatentCanvas:
    """Latents [B C T H W] of which a box of patches, or all but a box, is known: inpainting and outpainting."""
    batch = latents.shape[0]
    known = known_boxes(batch, latents.shape[2:], patch, generator)  # [B T H W]
    level = draw_levels((batch, 1, 1, 1), generator)
    context = _context_level(batch, generator)[:, None, None, None]
    return inpaint(latents, torch.where(known, context, level)[:, None])


def known_frames(batch: int, frames: int, generator: torch.Generator) -> torch.Tensor:
    """bool [B T], never all, never none: those at the beginning, at the end, at both ends, or some here and there.

    In a quarter of the samples one frame alone is known, most often the first.
    """
    before = torch.randint(1, frames, (batch,), generator=generator)  # 1..T-1
    after = 1 + (torch.rand(batch, generator=generator) * (frames - 1 - before)).long()  # of both ends
    place = torch.arange(frames)
    begin, end = place < before[:, None], place >= frames - before[:, None]
    both = begin | ((place >= (frames - after)[:, None]) & (before < frames - 1)[:, None])
    score = torch.rand(batch, frames, generator=generator)
    keys = score < torch.rand(batch, 1, generator=generator)
    keys = (keys | (score == score.amin(1, keepdim=True))) & (score < score.amax(1, keepdim=True))
    alone = torch.randint(0, frames, (batch,), generator=generator)
    single = place == torch.where(torch.rand(batch, generator=generator) < 0.5, 0, alone)[:, None]
    kind = torch.randint(0, 8, (batch, 1, 1), generator=generator).expand(-1, -1, frames)
    return torch.stack([begin, begin, end, end, both, keys, single, single], dim=1).gather(1, kind)[:, 0]


def known_boxes(batch: int, grid: torch.Size, patch: PatchSize, generator: torch.Generator) -> torch.Tensor:
    """bool [B T H W]: a box of whole patches in space, in half of the samples of some frames only, or all but that."""
    inside = torch.ones(batch, *grid, dtype=torch.bool)
    for axis, (size, step) in enumerate(zip(grid, patch, strict=True)):
        cells = -(-size // step)
        length = torch.randint(1, max(2, cells), (batch,), generator=generator)  # of the box, below the whole axis
        if axis == 0:
            whole = torch.rand(batch, generator=generator) < 0.5
            length = torch.where(whole, cells, length)
        first = (torch.rand(batch, generator=generator) * (cells - length + 1)).long()
        place = torch.arange(size) // step
        within = (place >= first[:, None]) & (place < (first + length)[:, None])  # [B size]
        inside &= within.view(batch, *(size if other == axis else 1 for other in range(3)))
    known_outside = torch.rand(batch, generator=generator) < 0.5
    return inside ^ known_outside[:, None, None, None]


def flow_loss(velocity: torch.Tensor, noise: torch.Tensor, canvas: LatentCanvas) -> torch.Tensor:
    """Mean squared error of the velocity [B C T H W] where there is noise; at level 0 it cannot be known."""
    error = (velocity.float() - velocity_target(canvas.clean, noise)).square().mean(dim=1, keepdim=True)  # [B 1 T H W]
    noisy = (canvas.noise_level > 0).to(error)
    return (error * noisy).sum() / noisy.sum().clamp(min=1)


def _context_level(batch: int, generator: torch.Generator) -> torch.Tensor:
    """Levels [B] of what is known: 0, and a little above in some."""
    noisy = torch.rand(batch, generator=generator) < NOISED
    return noisy * MAX_CONTEXT_LEVEL * torch.rand(batch, generator=generator)

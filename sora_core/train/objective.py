"""Training canvases of the DiT, with a noise level per latent, and the rectified-flow loss.

Levels are drawn as in SD3 (logit-normal, shifted: https://arxiv.org/abs/2403.03206). Independent levels per frame are
diffusion forcing (https://arxiv.org/abs/2407.01392). Known frames and regions make every ability in-distribution.
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
"""Shift -> share of levels. Layout and first motion are decided above 0.95, contrast and edges at 0.5 and below."""
NOISED, MAX_CONTEXT_LEVEL = 0.3, 0.2  # share of noisy contexts, as in chained generation, and their highest level


@dataclass(frozen=True)
class Mix:
    """Shares of samples with a level per frame, and with known frames; the others have one level."""

    per_frame: float
    context: float


EARLY, LATE = Mix(0.25, 0.3), Mix(0.08, 0.3)
"""Mix of the first steps and of the later ones. EARLY has more levels per frame."""


def draw_levels(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Draw logit-normal levels in 0..1, shifted towards noise by one of SHIFTS."""
    level = torch.randn(shape, generator=generator).sigmoid()
    shifted = torch.stack([shift_level(level, shift) for shift in SHIFTS])
    shares = torch.tensor(list(SHIFTS.values()))
    chosen = torch.multinomial(shares, level.numel(), replacement=True, generator=generator)
    return shifted.gather(0, chosen.view(1, *shape))[0]


def training_canvas(latents: torch.Tensor, mix: Mix, generator: torch.Generator) -> LatentCanvas:
    """Build a canvas from latents [B C T H W]; per sample one level, one per frame, or one with known frames."""
    return inpaint(latents, _mixed_levels(latents, mix, generator)[:, None, :, None, None])


def stretch_canvas(latents: torch.Tensor, mix: Mix, border: int, generator: torch.Generator) -> LatentCanvas:
    """Build a canvas from latents [B C T H W] of two stretches, the second of which begins with the frame `border`.

    In half of the samples the first stretch is known, so that its motion is seen and the text speaks of another one.
    """
    batch, _, frames = latents.shape[:3]
    known = (torch.arange(frames) < border).expand(batch, -1)
    levels = torch.where(known, _context_level(batch, generator)[:, None], draw_levels((batch, 1), generator))
    first_known = torch.rand(batch, 1, generator=generator) < 0.5
    levels = torch.where(first_known, levels, _mixed_levels(latents, mix, generator))
    return inpaint(latents, levels[:, None, :, None, None])


def window_canvas(latents: torch.Tensor, generator: torch.Generator) -> LatentCanvas:
    """Build a canvas from latents [B C T H W] cut from mid-clip, with known first frames, as in windows of long videos.

    In half of the samples the other frames share one level (sliding window); in the others the level rises from frame
    to frame (rolling window).
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
    """Build a canvas from latents [B C T H W] known except for the frames `between`, as in connecting and looping."""
    batch, _, frames = latents.shape[:3]
    known = torch.tensor([[frame not in open_frames for frame in range(frames)] for open_frames in between])
    level = torch.where(known, _context_level(batch, generator)[:, None], draw_levels((batch, 1), generator))
    return inpaint(latents, level[:, None, :, None, None])


def region_canvas(latents: torch.Tensor, patch: PatchSize, generator: torch.Generator) -> LatentCanvas:
    """Build a canvas from latents [B C T H W] known inside, or outside, a box of patches: inpainting, outpainting."""
    batch = latents.shape[0]
    known = known_boxes(batch, latents.shape[2:], patch, generator)  # [B T H W]
    level = draw_levels((batch, 1, 1, 1), generator)
    context = _context_level(batch, generator)[:, None, None, None]
    return inpaint(latents, torch.where(known, context, level)[:, None])


def known_frames(batch: int, frames: int, generator: torch.Generator) -> torch.Tensor:
    """Draw known frames, bool [B T]: at the start, at the end, at both ends, or scattered; never all or none.

    In a quarter of the samples only one frame is known, most often the first.
    """
    before = torch.randint(1, frames, (batch,), generator=generator)  # 1..T-1
    after = 1 + (torch.rand(batch, generator=generator) * (frames - 1 - before)).long()  # of both ends
    index = torch.arange(frames)
    begin, end = index < before[:, None], index >= frames - before[:, None]
    both = begin | ((index >= (frames - after)[:, None]) & (before < frames - 1)[:, None])
    score = torch.rand(batch, frames, generator=generator)
    keys = score < torch.rand(batch, 1, generator=generator)
    keys = (keys | (score == score.amin(1, keepdim=True))) & (score < score.amax(1, keepdim=True))
    alone = torch.randint(0, frames, (batch,), generator=generator)
    single = index == torch.where(torch.rand(batch, generator=generator) < 0.5, 0, alone)[:, None]
    kind = torch.randint(0, 8, (batch, 1, 1), generator=generator).expand(-1, -1, frames)
    return torch.stack([begin, begin, end, end, both, keys, single, single], dim=1).gather(1, kind)[:, 0]


def known_boxes(batch: int, grid: torch.Size, patch: PatchSize, generator: torch.Generator) -> torch.Tensor:
    """Draw known boxes of whole patches, bool [B T H W], over all or some frames; in half of the samples inverted."""
    inside = torch.ones(batch, *grid, dtype=torch.bool)
    for axis, (size, step) in enumerate(zip(grid, patch, strict=True)):
        cells = -(-size // step)
        length = torch.randint(1, max(2, cells), (batch,), generator=generator)  # of the box, below the whole axis
        if axis == 0:
            whole = torch.rand(batch, generator=generator) < 0.5
            length = torch.where(whole, cells, length)
        first = (torch.rand(batch, generator=generator) * (cells - length + 1)).long()
        patch_index = torch.arange(size) // step
        within = (patch_index >= first[:, None]) & (patch_index < (first + length)[:, None])  # [B size]
        inside &= within.view(batch, *(size if other == axis else 1 for other in range(3)))
    known_outside = torch.rand(batch, generator=generator) < 0.5
    return inside ^ known_outside[:, None, None, None]


def flow_loss(velocity: torch.Tensor, noise: torch.Tensor, canvas: LatentCanvas) -> torch.Tensor:
    """Compute the mean squared error of the velocity [B C T H W] where the level is > 0; at 0 it is undetermined."""
    error = (velocity.float() - velocity_target(canvas.clean, noise)).square().mean(dim=1, keepdim=True)  # [B 1 T H W]
    noisy = (canvas.noise_level > 0).to(error)
    return (error * noisy).sum() / noisy.sum().clamp(min=1)


def _context_level(batch: int, generator: torch.Generator) -> torch.Tensor:
    """Draw the levels [B] of known latents: 0, or up to MAX_CONTEXT_LEVEL in a share NOISED."""
    noisy = torch.rand(batch, generator=generator) < NOISED
    return noisy * MAX_CONTEXT_LEVEL * torch.rand(batch, generator=generator)


def _mixed_levels(latents: torch.Tensor, mix: Mix, generator: torch.Generator) -> torch.Tensor:
    """Draw the levels [B T] of a training canvas."""
    batch, _, frames = latents.shape[:3]
    level = draw_levels((batch, 1), generator).expand(batch, frames).clone()  # [B T]
    kind = torch.rand(batch, generator=generator)
    per_frame = kind < mix.per_frame
    level[per_frame] = draw_levels((batch, frames), generator)[per_frame]
    if frames > 1:
        known = known_frames(batch, frames, generator) & (kind > 1 - mix.context)[:, None]  # [B T]
        level = torch.where(known, _context_level(batch, generator)[:, None], level)
    return level

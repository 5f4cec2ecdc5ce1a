"""Noise levels over the sampling steps, for the whole clip or for each patch.

The shift is that of SD3 (https://arxiv.org/abs/2403.03206, section 5.3.2). A schedule with a level per patch also
expresses diffusion forcing (https://arxiv.org/abs/2407.01392) and rolling schedules.
"""

from __future__ import annotations

import math

import torch
from torch.nn.functional import max_pool3d

from ..canvas.patches import grid_shape, per_cell
from ..canvas.shapes import ONE_LATENT, PatchSize


def shift_level(level: torch.Tensor, shift: float) -> torch.Tensor:
    """shift * level / (1 + (shift - 1) * level): spends more steps near noise for shift > 1; 0 and 1 stay."""
    check_shift(shift)
    return shift * level / (1 + (shift - 1) * level)


def check_shift(shift: float) -> None:
    """ValueError unless shift is finite and above 0."""
    if not (math.isfinite(shift) and shift > 0):
        raise ValueError(f"shift must be a finite number > 0, got {shift}")


def shifted_sigmas(steps: int, shift: float = 1.0) -> torch.Tensor:
    """Noise levels from 1 down to 0, both included: [steps+1]. ComfyUI calls them sigmas."""
    if steps < 1:
        raise ValueError(f"steps must be >= 1, got {steps}")
    return shift_level(torch.linspace(1, 0, steps + 1), shift)


def noise_schedule(levels: torch.Tensor, noise_level: torch.Tensor, patch: PatchSize = ONE_LATENT) -> torch.Tensor:
    """Let every patch follow `levels`, starting no higher than its own noise_level.

    levels: [steps+1], from high to low, or [steps+1 T] with levels of their own for each latent frame.
    noise_level: [B 1 T H W], of a canvas. Latents of one model patch must share a level, so each patch takes the
        highest level in it: a patch that is known in part is sampled, not kept.

    Returns float32 [steps+1 B 1 T|1 H|1 W|1]. T, H and W have size 1 where the levels do not vary along them, so that
    the model gets one level per clip, per latent frame or per patch (see model_level). Steps in which no level
    changes are left out, so SDEdit at a level of 0.5 costs about half.
    """
    check_sigmas(levels)
    start = collapse(fill_patches(noise_level.float(), patch))  # [B 1 T|1 H|1 W|1]
    schedule = torch.minimum(levels.to(start).reshape(len(levels), 1, 1, -1, 1, 1), start)
    return _drop_idle_steps(schedule)


def fill_patches(level: torch.Tensor, patch: PatchSize) -> torch.Tensor:
    """Raise each patch to its highest level, at latent resolution: [B 1 T H W]."""
    filled = _highest_per_patch(level, patch)
    for dim, size in enumerate(patch, start=2):
        filled = filled.repeat_interleave(size, dim).narrow(dim, 0, level.shape[dim])
    return filled


def collapse(level: torch.Tensor) -> torch.Tensor:
    """[B 1 T H W] -> [B 1 1 1 1] where each clip has one level, [B 1 T 1 1] where each frame has, else unchanged."""
    for coarse in (level[:, :, :1, :1, :1], level[:, :, :, :1, :1]):
        if torch.equal(coarse.expand_as(level), level):
            return coarse
    return level


def model_level(level: torch.Tensor, latents: torch.Tensor, patch: PatchSize = ONE_LATENT) -> torch.Tensor:
    """A row of a schedule as the model takes it, at the coarsest resolution that its shape allows.

    level: [B|1 1 T|1 H|1 W|1], to broadcast over latents [B C T H W].
    Returns [B] where T H W are all 1, else [B T] where H W are 1, else [B N], N patches in (t h w) order of the
    grid padded to whole patches. A patch takes the highest level in it.
    """
    batch, _, *grid = latents.shape
    if level.ndim != 5 or level.shape[1] != 1:
        raise ValueError(f"a schedule's row must be [B|1 1 T|1 H|1 W|1], got {tuple(level.shape)}")
    if level.shape[2:] == (1, 1, 1):
        return level.flatten().expand(batch)  # [B]
    if level.shape[3:] == (1, 1):
        pooled = _highest_per_patch(level, (patch[0], 1, 1))  # [B|1 1 T 1 1]
    else:
        pooled = _highest_per_patch(level.expand(-1, 1, *grid), patch)  # [B|1 1 t h w]
    return pooled.flatten(1).expand(batch, -1)  # [B T] or [B N]


def level_per_place(level: torch.Tensor, latents: torch.Tensor, patch: PatchSize = ONE_LATENT) -> torch.Tensor:
    """Inverse of model_level: levels [B T] or [B N] of latents [B C T H W] -> [B 1 T H W]."""
    frames, height, width = latents.shape[2:]
    return per_cell(level, grid_shape(latents, patch), patch)[:, :, :frames, :height, :width]


def check_sigmas(sigmas: torch.Tensor) -> None:
    """ValueError unless sigmas, [steps+1] or [steps+1 T], fall from at most 1 to at least 0."""
    if sigmas.ndim not in (1, 2) or len(sigmas) < 2:
        raise ValueError(f"sigmas must be [steps+1] with at least one step, got shape {tuple(sigmas.shape)}")
    if not bool(((sigmas[1:] <= sigmas[:-1]) & (sigmas[:-1] <= 1) & (sigmas[1:] >= 0)).all()):
        raise ValueError(f"sigmas must fall from at most 1 to at least 0, got {sigmas.tolist()}")


def has_known_parts(noise_level: torch.Tensor) -> bool:
    """Whether some clip of [B 1 T H W] has places at different levels: known ones beside others."""
    level = noise_level.flatten(1)  # [B T*H*W]
    return bool((level.amin(dim=1) < level.amax(dim=1)).any())


def _highest_per_patch(level: torch.Tensor, patch: PatchSize) -> torch.Tensor:
    """Maximum over each patch, the last ones cut off by the border: [B 1 T H W] -> [B 1 t h w]."""
    return max_pool3d(level, patch, ceil_mode=True)


def _drop_idle_steps(schedule: torch.Tensor) -> torch.Tensor:
    """Leave out rows equal to the one before; a schedule in which no level changes keeps one step."""
    moves = (schedule[1:] != schedule[:-1]).flatten(1).any(1)
    moves[-1] |= ~moves.any()
    return torch.cat([schedule[:1], schedule[1:][moves]])

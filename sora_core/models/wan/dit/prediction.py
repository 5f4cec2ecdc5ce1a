"""Velocity from a head that gives clean latents.

Noise fills all the numbers of a patch, clean latents lie near a surface of far fewer dimensions. A network that gives
the velocity, noise - clean, must carry the noise of each patch through its width; one that gives clean latents need not
(https://arxiv.org/abs/2511.13720). docs/experiments/clean-prediction.md has what it brings to `nano`.
"""

from __future__ import annotations

import torch

from ....canvas.patches import Grid, per_cell
from ....canvas.shapes import PatchSize
from .layers import upcast

CLEAN_FROM = 0.5
"""The noise level from which the head gives clean latents; below it, noisy latents - CLEAN_FROM * velocity, so that its
errors are divided by no less."""


def velocity_from_clean(
    noisy: torch.Tensor, output: torch.Tensor, level: torch.Tensor, grid: Grid, patch: PatchSize
) -> torch.Tensor:
    """Turn the output of such a head [B C T H W] into velocity, for noisy latents of the same shape.

    level: [B G] in 0..1, see per_cell.
    """
    divisor = per_cell(upcast(level).clamp(min=CLEAN_FROM), grid, patch)
    return ((upcast(noisy) - upcast(output)) / divisor).to(output.dtype)

"""Stretches: how much of each prompt every latent frame of a canvas sees, where prompts follow each other in time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch

from .time_grid import TimeGrid


def stretch_shares(begins: Sequence[float], frames: int, grid: TimeGrid, crossfade: float = 0.0) -> torch.Tensor:
    """Shares [P T] of P prompts on a canvas of `frames` pixel frames; those of a latent frame sum to 1.

    begins: the frame at which each stretch begins, rising; the first one begins the canvas. crossfade: frames over
    which one prompt passes into the next, half of them before it begins. A latent frame has the mean of its frames.
    Raises ValueError for stretches that do not follow each other on the canvas.
    """
    starts = [float(begin) for begin in begins]
    if not starts or starts[0] != 0 or sorted(set(starts)) != starts or not starts[-1] < frames:
        raise ValueError(f"got stretches from frames {starts} on, expected 0 first and then rising below {frames}")
    if not 0 <= crossfade <= frames:
        raise ValueError(f"got a crossfade of {crossfade:g} frames, expected 0 to {frames}")
    middles = torch.arange(frames, dtype=torch.float64) + 0.5
    reached = [torch.ones_like(middles), *(_rise(middles - start, crossfade) for start in starts[1:])]
    reached.append(torch.zeros_like(middles))
    by_frame = [torch.minimum(now, 1 - later) for now, later in pairwise(reached)]
    shares = torch.stack(by_frame)
    shares = shares / shares.sum(dim=0)
    spans = [grid.span(latent) for latent in range(grid.latents_of(frames))]
    return torch.stack([shares[:, span.start : span.stop].mean(dim=1) for span in spans], dim=1).float()


def _rise(after: torch.Tensor, crossfade: float) -> torch.Tensor:
    """From 0 to 1 over a crossfade around 0."""
    return (after > 0).double() if crossfade == 0 else (after / crossfade + 0.5).clamp(0, 1)

"""Resampling jumps (RePaint, https://arxiv.org/abs/2201.09865, section 4.2) as rows of a plan that rise.

Where a plan rises, sampling noises the latents again and denoises them once more: what was invented without regard
for the known places around it gets another chance to agree with them.
"""

from __future__ import annotations

from itertools import pairwise

import torch

PARTS = 10


def with_resampling(plan: torch.Tensor, jumps: int, parts: int = PARTS) -> torch.Tensor:
    """The plan with each of its parts but the first gone through `jumps` times more, each time from its first row.

    plan: [steps+1 ...] levels that never rise, as from schedule.noise_schedule. jumps: 0 gives the plan back as it is.
    parts: into how many it is divided, as even as steps allow; a plan of fewer steps has a part for each. The first
        is not repeated, as in the authors' code: back at level 1 nothing would be left of what was made.

    Returns [steps+1+more ...]. Raises ValueError for jumps below 0, parts below 1 or a plan that rises already.
    """
    check_resampling(jumps)
    if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1:
        raise ValueError(f"parts must be a whole number >= 1, got {parts!r}")
    if len(descents(plan)) > 1:
        raise ValueError("got a plan that rises already, expected one that falls from step to step")
    steps = len(plan) - 1
    count = max(1, min(parts, steps))
    ends = [steps * part // count for part in range(count + 1)]
    rows = [*range(ends[1] + 1)]
    for first, last in pairwise(ends[1:]):
        rows += [*range(first + 1, last + 1), *jumps * [*range(first, last + 1)]]
    return plan[rows] if jumps else plan


def check_resampling(jumps: int) -> None:
    """ValueError unless jumps is a whole number that is not negative."""
    if isinstance(jumps, bool) or not isinstance(jumps, int) or jumps < 0:
        raise ValueError(f"resampling must be a whole number >= 0, got {jumps!r}")


def descents(plan: torch.Tensor) -> list[torch.Tensor]:
    """The plan cut before every row that rises somewhere: parts [n ...] that never rise, n >= 1, in order."""
    rises = (plan[1:] > plan[:-1]).flatten(1).any(1)
    cuts = (rises.nonzero().flatten() + 1).tolist()
    return list(plan.tensor_split(cuts))

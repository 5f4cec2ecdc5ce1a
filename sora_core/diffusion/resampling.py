"""RePaint resampling (https://arxiv.org/abs/2201.09865, section 4.2), as rows of a schedule that rise.

Where a schedule rises, the sampler adds fresh noise to the latents and denoises them again. What was sampled without
regard to the known parts around it gets another chance to agree with them.
"""

from __future__ import annotations

from itertools import pairwise

import torch

PARTS = 10


def with_resampling(schedule: torch.Tensor, times: int, parts: int = PARTS) -> torch.Tensor:
    """Repeat each part of a schedule but the first `times` times, each time from its first row.

    schedule: [steps+1 ...] levels that never rise, as from schedule.noise_schedule. times: 0 returns it unchanged.
    parts: how many parts it is divided into, as evenly as the steps allow; at most one for each step. The first part is
        not repeated, as in the authors' code: noised back to level 1, nothing of the sample would be left.

    Returns [steps+1+more ...]. Raises ValueError for times below 0, parts below 1 or a schedule that rises already.
    """
    check_resampling(times)
    if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1:
        raise ValueError(f"parts must be a whole number >= 1, got {parts!r}")
    if len(descents(schedule)) > 1:
        raise ValueError("got a schedule that rises already, expected one that falls from step to step")
    steps = len(schedule) - 1
    count = max(1, min(parts, steps))
    ends = [steps * part // count for part in range(count + 1)]
    rows = [*range(ends[1] + 1)]
    for first, last in pairwise(ends[1:]):
        rows += [*range(first + 1, last + 1), *times * [*range(first, last + 1)]]
    return schedule[rows] if times else schedule


def check_resampling(times: int) -> None:
    """ValueError unless times is a whole number that is not negative."""
    if isinstance(times, bool) or not isinstance(times, int) or times < 0:
        raise ValueError(f"resampling must be a whole number >= 0, got {times!r}")


def descents(schedule: torch.Tensor) -> list[torch.Tensor]:
    """The schedule cut before every row that rises somewhere: parts [n ...] that never rise, n >= 1, in order."""
    rises = (schedule[1:] > schedule[:-1]).flatten(1).any(1)
    cuts = (rises.nonzero().flatten() + 1).tolist()
    return list(schedule.tensor_split(cuts))

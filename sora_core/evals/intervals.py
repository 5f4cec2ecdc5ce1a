"""95% confidence intervals by bootstrap over clips."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

DRAWS, SEED = 4000, 0


class Interval(NamedTuple):
    """A statistic over clips, and the ends of its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def bootstrap(clips: torch.Tensor, statistic: Callable[[torch.Tensor], torch.Tensor]) -> Interval:
    """Compute a statistic of measured clips [B ...] with its interval; deterministic.

    statistic: maps resampled clips [draws B ...] to [draws].
    """
    generator = torch.Generator().manual_seed(SEED)
    drawn = clips[torch.randint(len(clips), (DRAWS, len(clips)), generator=generator)]
    low, high = statistic(drawn).quantile(torch.tensor([0.025, 0.975]).to(clips)).tolist()
    return Interval(statistic(clips[None]).item(), low, high)


def mean(values: torch.Tensor) -> Interval:
    """Compute the mean of values [B]."""
    return bootstrap(values, lambda drawn: drawn.mean(dim=1))


def ratio_of_means(above: torch.Tensor, below: torch.Tensor) -> Interval:
    """Compute the ratio of the mean of `above` [B] to the mean of `below` [B], of the same clips."""
    return bootstrap(
        torch.stack([above, below], dim=1), lambda drawn: drawn[..., 0].mean(dim=1) / drawn[..., 1].mean(dim=1)
    )

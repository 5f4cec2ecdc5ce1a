"""Intervals of 95 % by a bootstrap over clips: what another draw of as many clips might have given."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

DRAWS, SEED = 4000, 0


class Interval(NamedTuple):
    """A figure over clips, and the ends of its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def bootstrap(clips: torch.Tensor, figure: Callable[[torch.Tensor], torch.Tensor]) -> Interval:
    """The figure of measured clips [B ...]; `figure` takes draws of them [draws B ...] and gives [draws].

    The same clips give the same interval every time.
    """
    generator = torch.Generator().manual_seed(SEED)
    drawn = clips[torch.randint(len(clips), (DRAWS, len(clips)), generator=generator)]
    low, high = figure(drawn).quantile(torch.tensor([0.025, 0.975]).to(clips)).tolist()
    return Interval(figure(clips[None]).item(), low, high)


def mean(values: torch.Tensor) -> Interval:
    """Of values [B]."""
    return bootstrap(values, lambda drawn: drawn.mean(dim=1))


def ratio_of_means(above: torch.Tensor, below: torch.Tensor) -> Interval:
    """Mean of values [B] to the mean of others [B] of the same clips."""
    return bootstrap(
        torch.stack([above, below], dim=1), lambda drawn: drawn[..., 0].mean(dim=1) / drawn[..., 1].mean(dim=1)
    )

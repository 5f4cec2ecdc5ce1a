"""Claim: one claim of the report as a measurement, with a table and a picture.

Every measure stands beside the same measure of true clips, of true clips through the VAE, which is the most that a
model on its latents can reach, and of a clip that must fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from PIL import Image

from ..intervals import mean
from ..tables import Row
from .subject import Subject

TRUE, THROUGH_VAE = "true", "true, through the VAE"


@dataclass(frozen=True)
class Request:
    """What is asked for.

    count: clips of each row. compute: relative training compute of each model, if told. domains: names of those whose
    prompts are followed, for claims about prompts; empty for all.
    """

    count: int
    seed: int = 0
    compute: tuple[float, ...] = ()
    domains: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """A table, whose rows have the same columns, and a picture of what was measured."""

    rows: list[Row]
    picture: Image.Image


class Claim(Protocol):
    """One claim. several: whether it compares models."""

    several: bool

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """Measure; raises ValueError for subjects that cannot be measured."""


Shown = dict[str, torch.Tensor]
"""Clips [B 3 F H W] in -1..1 by what they show; those of one place in the batch belong together."""


class Tally:
    """Values of several clips by column. A clip that has nothing to measure in a column adds no value."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.values: dict[str, list[float]] = {column: [] for column in columns}

    def add(self, column: str, value: float) -> None:
        """Add the value of one clip."""
        self.values[column].append(float(value))

    def row(self, head: Row) -> Row:
        """Return the row of a table: what it is about, then the mean of each column with its interval."""
        return {**head, **{column: mean_of(values) for column, values in self.values.items()}}


def share(hits: Sequence[bool]) -> str:
    """Return the share of hits with its interval; an empty text where there are none to count."""
    return mean_of([float(hit) for hit in hits])


def mean_of(values: Sequence[float]) -> str:
    """Return the mean with its interval; an empty text where there are no values."""
    return str(mean(torch.tensor(values, dtype=torch.float64))) if values else ""

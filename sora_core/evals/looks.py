"""The look of clips in three numbers, and how it changes: with its sign, for a distance grows by chance alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..video.lab import to_lab

MEASURES = ("lightness", "chroma", "contrast")


@dataclass(frozen=True)
class Change:
    """Mean change of one measure over clips, with the half width of its 95 % interval."""

    measure: str
    mean: float
    margin: float

    def __str__(self) -> str:
        return f"{self.mean:+.2f} +- {self.margin:.2f}"


def look_of(clips: torch.Tensor) -> torch.Tensor:
    """uint8 clips [B F H W 3] -> [B 3]: mean lightness, mean chroma, and contrast, in units of Lab."""
    values = to_lab(clips / 255)  # [B F 3 H W]
    light, chroma = values[:, :, 0], values[:, :, 1:].norm(dim=2)
    return torch.stack(
        [light.mean(dim=(1, 2, 3)), chroma.mean(dim=(1, 2, 3)), light.std(dim=(2, 3)).mean(dim=1)], dim=1
    )


def mean_change(changes: torch.Tensor, measures: Sequence[str] = MEASURES) -> tuple[Change, ...]:
    """Changes [B M] of the measures of clips, over the clips."""
    margins = 1.96 * changes.std(dim=0) / len(changes) ** 0.5
    return tuple(Change(*row) for row in zip(measures, changes.mean(dim=0).tolist(), margins.tolist(), strict=True))


def drift_of(looks: torch.Tensor, measures: Sequence[str] = MEASURES) -> tuple[Change, ...]:
    """Measures [B M N] of clips in N parts that follow each other -> slopes, in the measures' units for each part."""
    time = torch.arange(looks.shape[2], dtype=looks.dtype)
    time = time - time.mean()
    return mean_change((looks * time).sum(dim=2) / time.square().sum(), measures)

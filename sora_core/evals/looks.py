"""Lightness, chroma and contrast of clips, and their signed changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..video.lab import to_lab

MEASURES = ("lightness", "chroma", "contrast")


@dataclass(frozen=True)
class Change:
    """Mean change of one measure over clips, with the half width of its 95% interval."""

    measure: str
    mean: float
    margin: float

    def __str__(self) -> str:
        return f"{self.mean:+.2f} +- {self.margin:.2f}"


def look_of(clips: torch.Tensor) -> torch.Tensor:
    """Measure mean lightness, mean chroma and contrast of uint8 clips [B F H W 3], in Lab units: [B 3]."""
    values = to_lab(clips / 255)  # [B F 3 H W]
    light, chroma = values[:, :, 0], values[:, :, 1:].norm(dim=2)
    return torch.stack(
        [light.mean(dim=(1, 2, 3)), chroma.mean(dim=(1, 2, 3)), light.std(dim=(2, 3)).mean(dim=1)], dim=1
    )


def mean_change(changes: torch.Tensor, measures: Sequence[str] = MEASURES) -> tuple[Change, ...]:
    """Average changes [B M] of M measures over B clips. A distance would grow by chance; a signed change does not."""
    margins = 1.96 * changes.std(dim=0) / len(changes) ** 0.5
    return tuple(Change(*row) for row in zip(measures, changes.mean(dim=0).tolist(), margins.tolist(), strict=True))


def drift_of(looks: torch.Tensor, measures: Sequence[str] = MEASURES) -> tuple[Change, ...]:
    """Fit the slope of M measures over N consecutive parts of B clips, [B M N]: the change per part."""
    time = torch.arange(looks.shape[2], dtype=looks.dtype)
    time = time - time.mean()
    return mean_change((looks * time).sum(dim=2) / time.square().sum(), measures)

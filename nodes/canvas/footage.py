"""Frames of sources in a row, as they go through a VAE: nothing is read before it is encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ...sora_core.video.source_clip import SourceClip


@dataclass(frozen=True, eq=False)
class Footage:
    """Frames of a source. shown: [F], which of its frames; they do not fall."""

    source: SourceClip
    shown: torch.Tensor

    def part(self, start: int, stop: int) -> Footage:
        """Some of these frames."""
        return Footage(self.source, self.shown[start:stop])

    def held(self, before: int, after: int) -> Footage:
        """With the first frame repeated before them, and the last one after them."""
        parts = [self.shown[:1].expand(before), self.shown, self.shown[-1:].expand(after)]
        return Footage(self.source, torch.cat(parts))


def frames_in_row(row: Sequence[Footage]) -> int:
    """Number of frames."""
    return sum(len(footage.shown) for footage in row)


def first_of_row(row: Sequence[Footage], frames: int) -> list[Footage]:
    """The first frames of a row."""
    found, left = [], frames
    for footage in row:
        if left > 0:
            found.append(footage.part(0, left))
            left -= len(footage.shown)
    return found


def held_row(row: Sequence[Footage], before: int, after: int) -> list[Footage]:
    """A row with its first frame repeated before it, and its last one after it."""
    held = [row[0].held(before, 0), *row[1:]]
    return [*held[:-1], held[-1].held(0, after)]

"""Film: the frames of a clip, which are read when they are asked for, or a tensor of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch


class Film(Protocol):
    """Stands where a tensor of all frames, uint8 RGB [F H W 3], could."""

    @property
    def shape(self) -> torch.Size:
        """[F H W 3], of at least one frame."""

    def read(self, wanted: Sequence[int]) -> Iterator[torch.Tensor]:
        """Yield frames, uint8 RGB [H W 3], at indices that do not fall."""


Frames = torch.Tensor | Film
"""Frames of a clip: all of them, uint8 RGB [F H W 3], or those that are asked for."""


class HeldFilm:
    """A Film over a tensor. Raises ValueError for one that is not uint8 [F H W 3] with a frame."""

    def __init__(self, frames: torch.Tensor) -> None:
        if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != torch.uint8 or not frames.numel():
            raise ValueError(
                f"got frames {list(frames.shape)} of {frames.dtype}, expected uint8 [F H W 3] with a frame"
            )
        self._frames, self.shape = frames, frames.shape

    def read(self, wanted: Sequence[int]) -> Iterator[torch.Tensor]:
        """See Film."""
        return (self._frames[index] for index in wanted)


def film_of(frames: Frames) -> Film:
    """Return frames as a Film."""
    return HeldFilm(frames) if isinstance(frames, torch.Tensor) else frames

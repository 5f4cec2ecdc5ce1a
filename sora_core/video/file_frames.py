"""FileFrames: the frames of a video file, which are read when they are asked for and never held together.

It stands where a tensor [F H W 3] of all frames could: both have a length, a shape, and frames at indices.
"""

from __future__ import annotations

import copy
import io
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate

import torch

from .budgets import check_memory
from .decoding import shifts_in
from .opening import Source, name_of
from .video_io import decoded_from, ticks_in, timing_in
from .watching import LOG, Once, Watch

RUN_UP = 32  # frames to decode before one that is searched: those beside a key frame may need frames before it

Placed = Iterator[tuple[int, Callable[[], torch.Tensor]]]
"""The place in the file of each frame, and what converts it"""


class FileFrames:
    """Frames of a file, float32 [H W 3] in 0..1, upright, at a constant rate; a repeated frame is the same tensor.

    source: the file, or its bytes. start, duration: the part of it, in seconds; duration 0 goes to its end. watch: is
        asked whether to go on, and told once what is wrong with the file.
    A frame that does not decode is shown as the one before it, so that the others keep their time.

    Raises FileNotFoundError, and ValueError for a file that is no video or has no frames in this part.
    """

    ndim = 4  # as of a tensor

    def __init__(self, source: Source, start: float = 0.0, duration: float = 0.0, *, watch: Watch = LOG) -> None:
        self.source, self.watch = source, Once(watch)
        timing = timing_in(self.opened(), start, duration, watch=self.watch)
        ticks, self._tick = ticks_in(self.opened(), start, duration, watch=self.watch)
        if timing.fps is None or not ticks:
            raise ValueError(f"{self._name} has no {'frames' if not ticks else 'frame rate'}")
        self.fps, self.varied, self.stamped = timing.fps, timing.repeats is not None, timing.stamped
        self._ticks = [tick for tick in ticks if tick is not None] if timing.stamped else []
        self._shown_until = [*accumulate(timing.repeats)] if timing.repeats else range(1, len(ticks) + 1)
        self._restarts = bool(shifts_in(self.opened(), self.watch))  # no frame can be searched by its time then
        self._first = 0  # of the file's, the one that is frame 0 here
        self._size: tuple[int, int] | None = None
        self._size = height, width = self._first_size()
        self.shape = torch.Size((self._shown_until[-1], height, width, 3))

    @property
    def begin(self) -> Fraction:
        """When the first frame is shown, in seconds of the file."""
        return self._ticks[0] * self._tick if self._ticks else Fraction(0)

    def __len__(self) -> int:
        return int(self.shape[0])

    def __iter__(self) -> Iterator[torch.Tensor]:
        return self.stream(range(len(self)))

    def __getitem__(self, wanted: torch.Tensor | slice) -> torch.Tensor:
        """Read frames [n H W 3] at indices that do not fall."""
        numbers = range(len(self))[wanted] if isinstance(wanted, slice) else wanted.tolist()
        check_memory(len(numbers), *self.shape[1:3])
        frames = torch.empty(len(numbers), *self.shape[1:])
        for place, frame in enumerate(self.stream(numbers)):
            frames[place] = frame
        return frames

    def part(self, start: int, stop: int) -> FileFrames:
        """Return the frames from `start` to `stop`, which are read when they are asked for too."""
        made, span = copy.copy(self), range(len(self))[start:stop]
        made._first, made.shape = self._first + span.start, torch.Size((len(span), *self.shape[1:]))
        return made

    def stream(self, wanted: Sequence[int]) -> Iterator[torch.Tensor]:
        """Yield frames [H W 3] at indices that do not fall; reads the file from about the first of them on."""
        return self._read(bisect_right(self._shown_until, self._first + index) for index in wanted)

    @property
    def _name(self) -> str:
        return name_of(self.source)

    def _first_size(self) -> tuple[int, int]:
        """Height and width of the first frame, which all others get."""
        height, width, _ = next(self._read(iter([0]))).shape
        return height, width

    def _decoded(self, tick: int | None = None) -> Iterator[tuple[int | None, Callable[[], torch.Tensor]]]:
        return decoded_from(self.opened(), tick, size=self._size, watch=self.watch)

    def opened(self) -> Source:
        """The source; bytes that several readers take at a time are given to each of them."""
        return io.BytesIO(self.source.getvalue()) if isinstance(self.source, io.BytesIO) else self.source

    def _read(self, places: Iterator[int]) -> Iterator[torch.Tensor]:
        """Yield the frame at each place of the file."""
        waiting = next(places, None)
        if waiting is None:
            return
        before: Callable[[], torch.Tensor] | None = None
        for place, make in self._from(waiting):
            now = cache(make)
            while waiting is not None and waiting <= place:
                yield (now if waiting == place or before is None else before)()
                waiting = next(places, None)
            if waiting is None:
                return
            before = cache(make)  # not `now`, which holds its pixels
        if before is None:
            raise ValueError(f"{self._name} has no frames that can be decoded")
        while waiting is not None:
            yield before()
            waiting = next(places, None)

    def _from(self, place: int) -> Placed:
        """Decode from a place of the file on, or from an earlier one."""
        if self._ticks and place > RUN_UP and not self._restarts:
            found = self._placed(self._decoded(self._ticks[place - RUN_UP]))
            first = next(found, None)
            if first is not None and first[0] <= place - RUN_UP:
                yield first
                yield from found
                return
        yield from self._placed(self._decoded())

    def _placed(self, decoded: Iterator[tuple[int | None, Callable[[], torch.Tensor]]]) -> Placed:
        place = -1
        for tick, make in decoded:
            if not self._ticks or tick is None:
                place += 1
            elif tick < self._ticks[0]:
                continue
            elif tick > self._ticks[-1]:
                return
            else:
                place = max(place + 1, bisect_right(self._ticks, tick) - 1)
            yield place, make


Frames = torch.Tensor | FileFrames
"""Frames [F H W 3] in 0..1: all of them, or the file that they are in"""

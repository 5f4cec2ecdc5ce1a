"""Decodes the packets of a stream to frames in order; in place of a damaged one the frame before it is shown."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from .opening import Source, main_stream, opened
from .restarts import Restarts
from .watching import LOG, Unheard, Watch


class Shown(NamedTuple):
    """A decoded frame, and the tick from which it is shown; None for a file without timestamps."""

    tick: int | None
    frame: av.VideoFrame


def decoded(container: InputContainer, stream: VideoStream, name: str, watch: Watch) -> Iterator[Shown]:
    """Yield the frames of a stream in the order in which they are shown, and tell at the end what was damaged.

    Where packets do not decode, the frame before them (at the start: the first one) is yielded for each of them, so
    that the number of frames and all times stay. Raises ValueError if no frame decodes.
    """
    damage = _Damage()
    try:
        yield from _decoded(container, stream, damage, watch)
    except GeneratorExit:
        damage.tell(name, watch)
        raise
    damage.tell(name, watch)


def _decoded(container: InputContainer, stream: VideoStream, damage: _Damage, watch: Watch) -> Iterator[Shown]:
    waiting, last = _Waiting(), None
    problem: Exception | None = None
    for packet in packets(container, stream, watch):
        waiting.add(packet)
        try:
            frames = stream.decode(packet)
        except av.EOFError:
            frames = []
        except av.FFmpegError as error:
            damage.lost, problem = damage.lost + 1, error
            if last is not None and packet is not None and packet.pts is None:
                yield damage.held_as(None, last)
            continue
        for frame in frames:
            damage.lost += frame.is_corrupt
            if damage.held and frame.pts is not None and waiting.is_past(frame.pts):
                continue  # it comes too late: another is held in its place
            for tick in waiting.until(frame.pts, damage.lost > 0) if frame.pts is not None else ():
                yield damage.held_as(tick, last or frame)
            yield Shown(frame.pts, frame)
            last = frame
    if last is None:
        raise ValueError("it has no frames" if problem is None else f"none of its frames decodes: {_short(problem)}")
    for tick in waiting.until(None, damage.lost > 0):
        yield damage.held_as(tick, last)


class _Damage:
    """What is found wrong with a stream while it is decoded."""

    def __init__(self) -> None:
        self.lost = self.held = 0

    def held_as(self, tick: int | None, frame: av.VideoFrame) -> Shown:
        """Count a frame that is shown in place of a damaged one."""
        self.held += 1
        return Shown(tick, frame)

    def tell(self, name: str, watch: Watch) -> None:
        if self.held:
            frames = (
                "1 frame does not decode, and the one before it is"
                if self.held == 1
                else (f"{self.held} frames do not decode, and the ones before them are")
            )
            watch.tell(f"{name} is damaged: {frames} shown instead")
        elif self.lost:
            watch.tell(f"{name} is damaged: {self.lost} of its packets do not decode as they should")


def packets(
    container: InputContainer, stream: VideoStream, watch: Watch, restarts: Restarts | None = None
) -> Iterator[av.Packet[VideoStream] | None]:
    """Yield the packets of a stream, and None at the end; an error in mid-file ends it. restarts: finds those of it."""
    found, source, restarts = False, container.demux(stream), restarts or Restarts(container)
    while True:
        watch.check()
        try:
            packet = next(source, None)
        except av.FFmpegError:
            if not found:
                raise
            packet = None
        if packet is None or not packet.size:
            break
        found = True
        restarts.move(packet)
        yield packet
    yield None


def shifts_in(source: Source, watch: Watch = LOG) -> list[Fraction]:
    """Return the shifts of the frames of a file whose timestamps start anew (see Restarts); none where it has none."""
    with opened(source) as container:
        restarts = Restarts(container)
        if restarts.possible and container.streams.video:
            for _ in packets(container, main_stream(container), Unheard(watch), restarts):
                pass
        return restarts.shifts


class _Waiting:
    """The ticks of packets that have been given to the decoder, whose frames it has not given back."""

    def __init__(self) -> None:
        self._ticks: list[int] = []
        self._last: int | None = None
        self._silent = False  # whether packets give no frame though nothing is damaged, as hidden ones of VP8

    def add(self, packet: av.Packet[VideoStream] | None) -> None:
        """Note a packet that is given to the decoder."""
        if packet is not None and packet.pts is not None and not packet.is_discard:
            heapq.heappush(self._ticks, packet.pts)

    def is_past(self, tick: int) -> bool:
        """Whether a frame of this tick or of a later one was taken."""
        return self._last is not None and tick <= self._last

    def until(self, tick: int | None, damaged: bool) -> list[int]:
        """Take all ticks before a frame's, and its own; return those of damaged packets."""
        missed = []
        while self._ticks and (tick is None or self._ticks[0] <= tick):
            self._last = taken = heapq.heappop(self._ticks)
            if taken != tick:
                missed.append(taken)
        if tick is None and not damaged:
            return []
        self._silent = self._silent or (bool(missed) and not damaged)
        return [] if self._silent or not damaged else missed


def _short(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)

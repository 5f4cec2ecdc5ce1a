"""Decodes the packets of a stream to frames in order; a packet that is damaged is made up for by the frame before it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from .watching import Watch

CUT_OFF = 2  # frames that may be missing at the end of a file before it counts as cut off; some headers round


class Shown(NamedTuple):
    """A decoded frame, and the tick from which it is shown; None for a file without timestamps."""

    tick: int | None
    frame: av.VideoFrame


class Damage:
    """What is found wrong with a stream while it is decoded."""

    def __init__(self) -> None:
        self.lost = self.held = self.packets = 0
        self.broken_end = False

    def describe(self, missing: int) -> str:
        """One clause for a notice; "" where nothing is wrong. missing: frames after the end that the header counts."""
        parts = []
        if self.held:
            parts.append(f"{self.held} of its {self.packets} frames are damaged, and the frame before each is shown")
        elif self.lost:
            parts.append(f"{self.lost} of its {self.packets} packets are damaged")
        if missing > CUT_OFF or (missing > 0 and self.broken_end):
            parts.append(f"it is cut off: the last {missing} of {self.packets + missing} frames are missing")
        return " and ".join(parts)


def decoded(container: InputContainer, stream: VideoStream, name: str, watch: Watch) -> Iterator[Shown]:
    """Yield the frames of a stream in the order in which they are shown, and tell at the end what was damaged.

    Where packets do not decode, the frame before them (at the start: the first one) is yielded for each of them, so that
    the number of frames and all times stay. Raises ValueError if no frame decodes.
    """
    damage, waiting, last = Damage(), _Waiting(), None
    problem: Exception | None = None
    for packet in packets(container, stream, watch):
        if packet is not None and packet.size:
            damage.packets += not packet.is_discard
            damage.broken_end = packet.is_corrupt
            waiting.add(packet)
        try:
            frames = stream.decode(packet if packet is not None and packet.size else None)
        except av.EOFError:
            frames = []
        except av.FFmpegError as error:
            damage.lost, problem = damage.lost + 1, error
            if last is not None and packet is not None and packet.pts is None:
                damage.held += 1
                yield Shown(None, last)
            continue
        for frame in frames:
            damage.lost += frame.is_corrupt
            if damage.held and frame.pts is not None and waiting.is_past(frame.pts):
                continue  # it comes too late: another is held in its place
            for tick in waiting.until(frame.pts, damage.lost > 0) if frame.pts is not None else ():
                damage.held += 1
                yield Shown(tick, last or frame)
            yield Shown(frame.pts, frame)
            last = frame
    if last is None:
        raise ValueError("it has no frames" if problem is None else f"none of its frames decodes: {_short(problem)}")
    for tick in waiting.until(None, damage.lost > 0):
        damage.held += 1
        yield Shown(tick, last)
    if said := damage.describe(stream.frames - damage.packets - waiting.discarded):
        watch.tell(f"{name} is damaged: {said}")


def packets(container: InputContainer, stream: VideoStream, watch: Watch) -> Iterator[av.Packet | None]:
    """Yield the packets of a stream, and None at the end; an error in mid-file ends it."""
    found, source = False, container.demux(stream)
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
        yield packet
    yield None


class _Waiting:
    """The ticks of packets that have been given to the decoder, whose frames it has not given back."""

    def __init__(self) -> None:
        self._ticks: list[int] = []
        self._last: int | None = None
        self._silent = False  # whether packets give no frame though nothing is damaged, as hidden ones of VP8
        self.discarded = 0

    def add(self, packet: av.Packet) -> None:
        if packet.is_discard:
            self.discarded += 1
        elif packet.pts is not None:
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

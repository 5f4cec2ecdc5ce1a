"""Restarts: the timestamps of a transport stream start anew where files were put one after another.

Players show the parts one after another, so the times of each are moved to the end of the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer

DISCONTINUOUS = 0x0200  # AVFMT_TS_DISCONT of FFmpeg: a format whose timestamps may jump
BACK = Fraction(1, 10)  # seconds by which they fall at a restart, as in FFmpeg


class Restarts:
    """Moves the times of the packets of one stream. shifts: seconds that each part after the first is moved by.

    known: the shifts of the frames, for the sound beside them: its parts are a little longer or shorter.
    possible: whether the format allows restarts.
    """

    def __init__(self, container: InputContainer, known: Sequence[Fraction] = ()) -> None:
        self.possible = bool(container.format.flags & DISCONTINUOUS)
        self.shifts: list[Fraction] = []
        self._known = known
        self._last: Fraction | None = None  # when the packet before is decoded, by the file
        self._step = Fraction(0)  # how long it lasts

    def move(self, packet: av.Packet[Any]) -> None:
        """Move a packet that comes after those before it in the file."""
        tick = packet.time_base
        if not self.possible or not tick:
            return
        if packet.dts is not None:
            self._note(packet.dts * tick, (packet.duration or 0) * tick)
        if self.shifts:
            moved = round(self.shifts[-1] / tick)
            packet.pts = None if packet.pts is None else packet.pts + moved
            packet.dts = None if packet.dts is None else packet.dts + moved

    def _note(self, time: Fraction, duration: Fraction) -> None:
        if self._last is not None and time < self._last - BACK:
            place, before = len(self.shifts), self.shifts[-1] if self.shifts else 0
            own = before + self._last + self._step - time
            self.shifts.append(self._known[place] if place < len(self._known) else own)
        elif self._last is not None and not duration:
            duration = max(Fraction(0), time - self._last)
        self._last, self._step = time, duration or self._step

"""When the frames of a video are shown. A file of variable rate becomes one of constant rate: of each moment the frame
that is shown then.

Stamps are whole ticks, as files have them, and so a constant rate looks uneven where a tick is coarse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

UNEVEN = 0.25  # of a frame: how far stamps of a constant rate lie apart from an even line, in all
ROUNDING = 1.5  # ticks that rounding alone can make of that
DISAGREEMENT = 0.02  # by which the rate in the header may differ from that of the stamps
NEARLY_WHOLE = 0.005
MOST_GROWTH = 4.0  # frames at the constant rate for each of the file, so that one long pause does not fill the memory


class Timing(NamedTuple):
    """A constant rate, and how often each frame of the file is shown at it."""

    fps: float | None  # None where neither the stamps nor the header say it
    repeats: list[int] | None = None  # one entry for each frame of the file; None: each once, the rate is constant
    stamped: bool = True  # whether each frame has a time

    @property
    def frames(self) -> int | None:
        """How many frames there are at that rate; None where the rate is constant and nobody has counted."""
        return None if self.repeats is None else sum(self.repeats)


def timing_of(stamps: Sequence[int | None], tick: float, declared: float | None, last: int) -> Timing:
    """The timing of frames that are shown from `stamps` on, in ticks of `tick` seconds and in any order.

    declared: the rate in the header, which holds unless the stamps say otherwise. last: ticks for which the frame that
    is shown last stays, 0 where that is not known.
    """
    known = sorted(stamp for stamp in stamps if stamp is not None)
    if len(known) < len(stamps):
        return Timing(declared, stamped=False)
    times = [(stamp - known[0]) * tick for stamp in known]
    if not times or times[-1] == 0:
        return Timing(declared)
    interval, spread = _line(times)
    if spread <= max(UNEVEN * interval, ROUNDING * tick):
        return Timing(_believed(declared, times, tick))
    fps = _rate(times, last * tick)
    end = times[-1] + max(last * tick, 1 / fps)
    edges = [math.ceil(time * fps - 0.5 - 1e-6) for time in (*times, end)]  # frame k shows the moment (k + 1/2) / fps
    return Timing(fps, [after - before for before, after in pairwise(edges)])


def _line(times: list[float]) -> tuple[float, float]:
    """The interval of the even line nearest to the times (least squares), and how far apart they lie from it."""
    count = len(times)
    middle, mean = (count - 1) / 2, sum(times) / count
    slope = sum((index - middle) * (time - mean) for index, time in enumerate(times))
    slope /= count * (count * count - 1) / 12
    off = [time - index * slope for index, time in enumerate(times)]
    return slope, max(off) - min(off)


def _believed(declared: float | None, times: list[float], tick: float) -> float:
    """The rate in the header, but that of even stamps where the two disagree: some files declare one at random."""
    gaps, span = len(times) - 1, times[-1]
    if declared and abs(span - gaps / declared) <= max(2 * tick, DISAGREEMENT * span):
        return declared
    return _rounded(gaps / span)


def _rate(times: list[float], last: float) -> float:
    """That of the parts where frames come densely, so that few of them are lost."""
    intervals = sorted(after - before for before, after in pairwise(times) if after > before)
    dense = intervals[len(intervals) // 4]
    alike = [interval for interval in intervals if abs(interval - dense) <= dense / 4]
    return min(_rounded(len(alike) / sum(alike)), MOST_GROWTH * len(times) / (times[-1] + last))


def _rounded(fps: float) -> float:
    whole = max(1, round(fps))
    return float(whole) if abs(fps - whole) <= NEARLY_WHOLE * whole else fps

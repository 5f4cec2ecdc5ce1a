"""Frame timing: converts timestamps of a variable frame rate to a constant one.

At each moment of the constant rate the frame shown then is repeated. Timestamps are whole ticks, so a constant rate
looks uneven if the tick is coarse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

MAX_SPREAD = 0.25  # total deviation, in frames, of a constant rate's timestamps from even ones
MAX_SPREAD_TICKS = 1.5  # the same in ticks: rounding alone can reach it
MAX_DISAGREEMENT = 0.02  # by which the header's rate may differ from the timestamps'
NEARLY_WHOLE = 0.005
MAX_GROWTH = 4.0  # frames at the constant rate per frame of the file; limits memory if a file has a long pause


class Timing(NamedTuple):
    """A constant frame rate, and how often each frame of the file is shown at it."""

    fps: float | None  # None if neither the timestamps nor the header say it
    repeats: list[int] | None = None  # one entry per frame of the file; None for a constant rate, each frame once
    stamped: bool = True  # whether every frame has a timestamp

    @property
    def frames(self) -> int | None:
        """Number of frames at the constant rate; None if the file has one, because then none were counted."""
        return None if self.repeats is None else sum(self.repeats)


def timing_of(stamps: Sequence[int | None], tick: float, declared: float | None, last: int) -> Timing:
    """Compute the timing of frames from their timestamps.

    stamps: start of each frame in ticks of `tick` seconds, in any order; None for a frame without a timestamp.
    declared: the rate in the header, which is used unless the timestamps contradict it.
    last: duration in ticks of the frame that is shown last; 0 if unknown.
    """
    known = sorted(stamp for stamp in stamps if stamp is not None)
    if len(known) < len(stamps):
        return Timing(declared, stamped=False)
    times = [(stamp - known[0]) * tick for stamp in known]
    if not times or times[-1] == 0:
        return Timing(declared)
    interval, spread = _line(times)
    if spread <= max(MAX_SPREAD * interval, MAX_SPREAD_TICKS * tick):
        return Timing(_believed(declared, times, tick))
    fps = _rate(times, last * tick)
    end = times[-1] + max(last * tick, 1 / fps)
    edges = [math.ceil(time * fps - 0.5 - 1e-6) for time in (*times, end)]  # frame k shows the moment (k + 1/2) / fps
    return Timing(fps, [after - before for before, after in pairwise(edges)])


def _line(times: list[float]) -> tuple[float, float]:
    """Fit even times by least squares; returns their interval, and the spread of the residuals."""
    count = len(times)
    middle, mean = (count - 1) / 2, sum(times) / count
    slope = sum((index - middle) * (time - mean) for index, time in enumerate(times))
    slope /= count * (count * count - 1) / 12
    off = [time - index * slope for index, time in enumerate(times)]
    return slope, max(off) - min(off)


def _believed(declared: float | None, times: list[float], tick: float) -> float:
    """Return the header's rate, or that of even timestamps if the two disagree: some headers are wrong."""
    gaps, span = len(times) - 1, times[-1]
    if declared and abs(span - gaps / declared) <= max(2 * tick, MAX_DISAGREEMENT * span):
        return declared
    return _rounded(gaps / span)


def _rate(times: list[float], last: float) -> float:
    """Return the rate of the densest parts, so that few frames are dropped."""
    intervals = sorted(after - before for before, after in pairwise(times) if after > before)
    dense = intervals[len(intervals) // 4]
    alike = [interval for interval in intervals if abs(interval - dense) <= dense / 4]
    return min(_rounded(len(alike) / sum(alike)), MAX_GROWTH * len(times) / (times[-1] + last))


def _rounded(fps: float) -> float:
    whole = max(1, round(fps))
    return float(whole) if abs(fps - whole) <= NEARLY_WHOLE * whole else fps

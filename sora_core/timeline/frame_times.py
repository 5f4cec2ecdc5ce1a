"""Frames of a timeline and seconds, exactly: whole frames, fractions of a second, halves round up.

web/timeline has the same arithmetic in JavaScript; tests/timeline_cases.json holds both to the same values.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from ..video.timeline import HALF, exact_rate

DIGITS = 1000  # seconds are written in thousandths, which tell apart the frames of up to 500 a second


def nearest(value: Fraction) -> int:
    """Return the nearest whole number; halves round up."""
    return math.floor(value + HALF)


def frames_at(seconds: str | Fraction, fps: float) -> int:
    """Return the frame nearest to a time, which may be written as a decimal number."""
    return nearest(Fraction(seconds) * exact_rate(fps))


def written(frames: int, fps: float) -> str:
    """Return the time of a frame in seconds, with as many decimals as it needs, at most three."""
    thousandths = nearest(frames * DIGITS / exact_rate(fps))
    return f"{Decimal(thousandths) / DIGITS:f}"


def converted(frames: int, fps: float, new_fps: float) -> int:
    """Return the frame of another rate nearest to a frame."""
    return nearest(frames * exact_rate(new_fps) / exact_rate(fps))

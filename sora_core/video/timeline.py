"""Timeline: when the frames of a clip are shown, in whole fractions of a second.

Resampling of a source, the frames of a canvas, the overlap of a join and the times of what is written all follow from
it, so that no rounding of one can contradict another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import torch

MOST_PARTS = 1001  # the largest denominator of a rate
NTSC = Fraction(1000, 1001)
NTSC_ERROR = Fraction(2, 10**6)  # of the rate; people write 29.97 for 30000/1001
HALF = Fraction(1, 2)


def exact_rate(fps: float | Fraction) -> Fraction:
    """Return the rate that a number stands for, such as 30000/1001 for 29.97. Raises ValueError unless it is > 0."""
    if not (fps > 0 and math.isfinite(fps)):
        raise ValueError(f"got a clip of {fps} frames per second, expected fps > 0")
    value = Fraction(fps)
    broadcast = round(value / NTSC) * NTSC
    if broadcast and value.denominator != 1 and abs(value - broadcast) <= NTSC_ERROR * value:
        return broadcast
    return value.limit_denominator(MOST_PARTS) or value


@dataclass(frozen=True)
class Timeline:
    """Frame n of `frames` is shown from begin + n / rate on, for 1 / rate seconds. begin: seconds.

    Raises ValueError if there are no frames.
    """

    frames: int
    rate: Fraction
    begin: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise ValueError(f"got {self.frames} frames, expected at least 1")

    @property
    def end(self) -> Fraction:
        """When its last frame ends."""
        return self.begin + self.frames / self.rate

    def middle(self, frame: int) -> Fraction:
        """Return the moment halfway through a frame, which may be before the first or after the last."""
        return self.begin + (frame + HALF) / self.rate

    def shown_at(self, moment: Fraction) -> int:
        """Return the frame that is shown at a moment; before the first that one, and after the last that one."""
        return min(max(math.floor((moment - self.begin) * self.rate), 0), self.frames - 1)

    def first_from(self, moment: Fraction) -> int:
        """Return the first frame whose middle is at a moment or later; it may be before the first or after the last."""
        return -((self.begin - moment) * self.rate + HALF).__floor__()

    def starting(self, begin: Fraction) -> Timeline:
        """Return the same frames from another moment on."""
        return Timeline(self.frames, self.rate, begin)

    def ending(self, end: Fraction) -> Timeline:
        """Return the same frames, placed so that the last one ends at a moment."""
        return Timeline(self.frames, self.rate, end - self.frames / self.rate)

    def at(self, rate: Fraction, *, same_end: bool = False) -> Timeline:
        """Return the nearest number of frames of another rate, at least one.

        They begin as this timeline does, or end as it does: where the durations differ, one of both moves.
        """
        made = Timeline(max(1, frames_in(self.frames / self.rate, rate)), rate, self.begin)
        return made.ending(self.end) if same_end else made

    def shown_in(self, other: Timeline) -> torch.Tensor:
        """Return which of these frames is shown in each frame of another timeline, [other.frames].

        It is the frame that is shown at the middle of the other one, so its own middle is within half a frame of that.
        """
        return torch.tensor([self.shown_at(other.middle(frame)) for frame in range(other.frames)])

    def part(self, first: int, stop: int) -> Timeline:
        """Return frames first .. stop - 1, at their moments."""
        return Timeline(stop - first, self.rate, self.begin + first / self.rate)


def frames_in(seconds: Fraction, rate: Fraction) -> int:
    """Return the nearest number of frames in a time; halves go to the even one, as in round."""
    return max(0, round(seconds * rate))

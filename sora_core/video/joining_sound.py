"""Joins the sound of clips that overlap in time; the clip that is kept keeps its sound in what they share."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import torch

from .sound import Sound
from .sound_layouts import with_channels

FADE = 0.05  # seconds, at most, in which one sound goes over into the other


@dataclass(frozen=True)
class JoinedSound:
    """Two sounds of one rate as one, made stretch by stretch: the sound of a long film is not held twice.

    start: sample at which the second begins. change: at which the first fades into it, in `fade` samples. samples: in
    all.
    """

    one: Sound | JoinedSound
    two: Sound
    start: int
    change: int
    fade: int
    samples: int

    @property
    def rate(self) -> int:
        """Samples per second."""
        return self.one.rate

    @property
    def channels(self) -> int:
        """The most that either has."""
        return max(self.one.channels, self.two.channels)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples / self.rate

    @property
    def waveform(self) -> torch.Tensor:
        """All of it, [1 C N]."""
        return self.part(0, self.samples)

    def part(self, begin: int, end: int) -> torch.Tensor:
        """Return samples begin .. end - 1, [1 C n]."""
        middle = [min(max(place, begin), end) for place in (self.change, self.change + self.fade)]
        first, faded, second = ((begin, middle[0]), (middle[0], middle[1]), (middle[1], end))
        before, after = self._first(*faded), self._second(*faded)
        share = ((torch.arange(*faded) + 1 - self.change) / (self.fade + 1)).to(before)  # of the second
        return torch.cat([self._first(*first), torch.lerp(before, after, share), self._second(*second)], dim=-1)

    def at(self, rate: int) -> Sound | JoinedSound:
        """See Sound.at."""
        return self if rate == self.rate else self.whole().at(rate)

    def whole(self) -> Sound:
        """Return it as a sound that is held."""
        return Sound(self.waveform, self.rate)

    def _first(self, begin: int, end: int) -> torch.Tensor:
        return with_channels(self.one.part(begin, end), self.channels)

    def _second(self, begin: int, end: int) -> torch.Tensor:
        return with_channels(self.two.part(begin - self.start, end - self.start), self.channels)


AnySound = Sound | JoinedSound


def join_sounds(
    one: AnySound | None,
    two: Sound | None,
    seam: float | Fraction,
    overlap: float | Fraction,
    *,
    keep_second: bool = False,
) -> AnySound | None:
    """Join sounds of which the second begins at second `seam`; both last over the `overlap` seconds after it.

    None is silence; of two silent clips None. The result has the rate of the clip that is kept, and the layout of the
    one with more channels. What begins before the first is cut.
    """
    if two is None:
        return one
    if one is None:
        return two.moved(seam)
    rate = two.rate if keep_second else one.rate
    if seam < 0:
        two, overlap, seam = two.moved(seam), max(0, overlap + seam), 0
        if two is None:
            return one
    one, two = one.at(rate), two.at(rate)
    start = round(seam * rate)
    fade = round(min(FADE, overlap) * rate)
    change = start if keep_second else min(start + round(overlap * rate), max(start + fade, one.samples)) - fade
    return JoinedSound(one, two, start, change, fade, max(start + two.samples, change + fade))

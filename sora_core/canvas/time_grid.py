"""Which numbers of pixel frames a VAE takes, and which of them each latent frame holds.

Our VAEs are causal: latent frame 0 holds one pixel frame, every later one `time` of them (Wan,
https://arxiv.org/abs/2503.20314, section 4.1). A VAE of the host may have any pair of formulas: that of MiniMax-H3
codes 17k + 5 frames as 5k + 2 latents, in chunks of 1 + 4 + 4 + 4 + 4 frames.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, cycle, islice, pairwise

Formula = Callable[[int], int]
SAMPLED = 12  # counts of a formula that are looked at for its period
LONGEST_STEP = 1024  # latent frames from one count to the next, at most
CYCLES = ((1, 4, 4, 4, 4),)  # pixel frames of the latent frames of VAEs that code in chunks: MiniMax-H3


class TimeGrid(ABC):
    """The numbers of pixel frames that a VAE takes. A number that is not among them raises ValueError."""

    @abstractmethod
    def latents_of(self, frames: int) -> int:
        """Return the number of latent frames for `frames` pixel frames."""

    @abstractmethod
    def frames_of(self, latents: int) -> int:
        """Return the number of pixel frames that `latents` latent frames decode to."""

    @abstractmethod
    def frames_about(self, latents: int) -> int:
        """Return about how many pixel frames a decoder makes of any number of latent frames."""

    @abstractmethod
    def span(self, latent: int) -> range:
        """Return the pixel frames of a latent frame; neighbours share them where a formula does not tell them apart."""

    @abstractmethod
    def at_most(self, frames: int) -> int:
        """Return the largest number that the VAE takes of at most `frames`, or its smallest."""

    @abstractmethod
    def at_least(self, frames: int) -> int:
        """Return the smallest number that the VAE takes of at least `frames`."""

    @abstractmethod
    def nearest(self, after_first: float, step: int = 1) -> int:
        """Return the number that the VAE takes whose frames after the first are nearest to `after_first`.

        Halves round up. step: latent frames are 1 + a multiple of it.
        """

    @property
    @abstractmethod
    def period(self) -> tuple[int, int]:
        """Pixel and latent frames after which the grid repeats."""

    def least(self, latents: int) -> int:
        """Return the smallest number of pixel frames that has at least `latents` latent frames."""
        frames = self.at_least(1)
        while self.latents_of(frames) < latents:
            frames = self.at_least(frames + 1)
        return frames

    @property
    def longest_span(self) -> int:
        """The most pixel frames of one latent frame."""
        latents = self.latents_of(self.least(2 + self.period[1]))
        return max(len(self.span(latent)) for latent in range(latents))

    def added(self, frames: float) -> int:
        """Return the number of frames nearest to `frames` by which clips can grow, at least one period."""
        step = self.period[0]
        return step * max(1, nearest_multiple(frames, step))

    def spans_within(self, first: int, stop: int) -> range:
        """Return the latent frames whose pixels all are among frames first .. stop - 1."""
        return range(self.first_from(first), self.ended_by(stop))

    def first_from(self, frame: int) -> int:
        """Return the first latent frame that starts at a pixel frame or later."""
        latents = range(self.latents_of(self.at_least(max(frame, 1))) + 1)
        return bisect_left(latents, frame, key=lambda latent: self.span(latent).start)

    def ended_by(self, frame: int) -> int:
        """Return the number of latent frames whose pixels all are before a pixel frame."""
        latents = range(self.latents_of(self.at_least(max(frame, 1))))
        return bisect_right(latents, frame, key=lambda latent: self.span(latent).stop)

    def start_from(self, frame: int) -> int:
        """Return the smallest pixel frame, from `frame` on, at which a latent frame starts."""
        return self.span(self.first_from(frame)).start

    def least_from(self, first: int) -> int:
        """Return the smallest number of pixel frames that fill a latent frame which starts at pixel frame `first`."""
        return self.span(self.first_from(first)).stop - first

    def nearest_start(self, frame: float, latents: int) -> int:
        """Return the pixel frame nearest to `frame` at which one of `latents` latent frames starts; halves round up."""
        after = min(self.first_from(math.ceil(frame)), latents)
        if after in (0, latents):
            return self.span(min(after, latents - 1)).start
        before, behind = self.span(after - 1).start, self.span(after).start
        return behind if behind - frame <= frame - before else before


@dataclass(frozen=True)
class CausalGrid(TimeGrid):
    """1 + a multiple of `time`: latent frame 0 holds one pixel frame, every later one `time` of them."""

    time: int = 4

    def latents_of(self, frames: int) -> int:
        """See TimeGrid."""
        if frames < 1 or (frames - 1) % self.time:
            raise ValueError(f"got {frames} frames; this VAE takes 1 + a multiple of {self.time}")
        return 1 + (frames - 1) // self.time

    def frames_of(self, latents: int) -> int:
        """See TimeGrid."""
        if latents < 1:
            raise ValueError(f"got {latents} latent frames; expected at least 1")
        return 1 + (latents - 1) * self.time

    def frames_about(self, latents: int) -> int:
        """See TimeGrid."""
        return self.frames_of(latents)

    def span(self, latent: int) -> range:
        """See TimeGrid."""
        return range(1 + (latent - 1) * self.time, 1 + latent * self.time) if latent else range(1)

    def first_from(self, frame: int) -> int:
        """See TimeGrid."""
        return 1 - (1 - frame) // self.time if frame > 0 else 0

    def ended_by(self, frame: int) -> int:
        """See TimeGrid."""
        return 1 + (frame - 1) // self.time if frame > 0 else 0

    def at_most(self, frames: int) -> int:
        """See TimeGrid."""
        return 1 + max(0, frames - 1) // self.time * self.time

    def at_least(self, frames: int) -> int:
        """See TimeGrid."""
        return 1 - (1 - max(1, frames)) // self.time * self.time

    def nearest(self, after_first: float, step: int = 1) -> int:
        """See TimeGrid."""
        frames = self.time * step
        return 1 + frames * nearest_multiple(after_first, frames)

    @property
    def period(self) -> tuple[int, int]:
        """See TimeGrid."""
        return self.time, 1

    def nearest_start(self, frame: float, latents: int) -> int:
        """See TimeGrid."""
        latent = 0 if frame < 0.5 else 1 + int(max(0.0, frame - 1) / self.time + 0.5)
        return self.span(min(latent, latents - 1)).start


@dataclass(frozen=True)
class FormulaGrid(TimeGrid):
    """The numbers of frames that a host's formulas for a VAE agree on: those of which neither gives others back.

    name: of the VAE, for messages. frames, latents: the formulas; each gives some number for every number.
    cycle: pixel frames of each latent frame, which repeat; () where only the formulas are known, which do not tell
        apart the latent frames between one number and the next. Raises ValueError for formulas that do not agree on
        any number, and for a cycle that does not have theirs.
    """

    name: str
    frames: Formula
    latents: Formula
    cycle: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        assert self.period[1] > 0  # which is looked for here
        for latents in islice(self._counts(1), SAMPLED) if self.cycle else ():
            if self._before(latents) != self.frames(latents):
                raise ValueError(
                    f"got a cycle of {self.cycle} frames for {self.name}, whose {latents} latent frames hold "
                    f"{self.frames(latents)}, expected one that adds up to this"
                )

    def latents_of(self, frames: int) -> int:
        """See TimeGrid."""
        latents = self.latents(frames) if frames >= 1 else 0
        if not self._takes(latents) or self.frames(latents) != frames:
            raise ValueError(f"got {frames} frames; this VAE ({self.name}) takes {self._examples(self.frames)}")
        return latents

    def frames_of(self, latents: int) -> int:
        """See TimeGrid."""
        if not self._takes(latents):
            expected = self._examples(lambda count: count)
            raise ValueError(f"got {latents} latent frames; this VAE ({self.name}) takes {expected}")
        return self.frames(latents)

    def frames_about(self, latents: int) -> int:
        """See TimeGrid."""
        return max(1, self.frames(latents))

    def span(self, latent: int) -> range:
        """See TimeGrid."""
        if self.cycle:
            return range(self._before(latent), self._before(latent + 1))
        earlier = latent
        while earlier and not self._takes(earlier):
            earlier -= 1
        return range(self.frames(earlier) if earlier else 0, self.frames(next(self._counts(latent + 1))))

    def first_from(self, frame: int) -> int:
        """See TimeGrid."""
        if not self.cycle:
            return super().first_from(frame)
        rounds, rest = divmod(max(frame, 0), self._reached[-1])
        return rounds * len(self.cycle) + bisect_left(self._reached, rest)

    def ended_by(self, frame: int) -> int:
        """See TimeGrid."""
        if not self.cycle:
            return super().ended_by(frame)
        rounds, rest = divmod(max(frame, 0), self._reached[-1])
        return rounds * len(self.cycle) + bisect_right(self._reached, rest) - 1

    def at_most(self, frames: int) -> int:
        """See TimeGrid."""
        found = self.frames(next(self._counts(1)))
        for latents in self._counts(max(1, self.latents(max(1, frames)) - 2 * self.period[1])):
            if self.frames(latents) > frames:
                return found
            found = self.frames(latents)
        raise AssertionError("the counts do not end")

    def at_least(self, frames: int) -> int:
        """See TimeGrid."""
        start = max(1, self.latents(max(1, frames)) - 2 * self.period[1])
        return next(self.frames(latents) for latents in self._counts(start) if self.frames(latents) >= frames)

    def nearest(self, after_first: float, step: int = 1) -> int:
        """See TimeGrid."""
        if step != 1:
            raise ValueError(f"got patches of {step} latent frames, expected 1 with this VAE ({self.name})")
        below = self.at_most(1 + int(after_first))
        above = self.at_least(below + 1)
        return above if above - 1 - after_first <= after_first - (below - 1) else below

    @cached_property
    def period(self) -> tuple[int, int]:
        """See TimeGrid."""
        counts = list(islice(self._counts(1), SAMPLED))[1:]
        steps = {(self.frames(b) - self.frames(a), b - a) for a, b in pairwise(counts)}
        if len(steps) > 1:
            raise ValueError(f"got a VAE ({self.name}) of formulas without a period, expected one")
        return steps.pop()

    def _takes(self, latents: int) -> bool:
        return latents >= 1 and self.frames(latents) >= 1 and self.latents(self.frames(latents)) == latents

    def _counts(self, start: int) -> Iterator[int]:
        """Numbers of latent frames, from `start` on."""
        latents, missed = start, 0
        while True:
            missed = 0 if self._takes(latents) else missed + 1
            if not missed:
                yield latents
            if missed > LONGEST_STEP:
                raise ValueError(f"got formulas of {self.name} for frames and latents that contradict each other")
            latents += 1

    def _before(self, latent: int) -> int:
        """Pixel frames before a latent frame of the cycle."""
        rounds, rest = divmod(latent, len(self.cycle))
        return rounds * self._reached[-1] + self._reached[rest]

    @cached_property
    def _reached(self) -> tuple[int, ...]:
        """Pixel frames before each latent frame of the first cycle, and of all of it."""
        return tuple(accumulate(self.cycle, initial=0))

    def _examples(self, value: Formula) -> str:
        return ", ".join(str(value(latents)) for latents in islice(self._counts(1), 4)) + ", ..."


def nearest_multiple(value: float, step: int) -> int:
    """Return the number of whole steps nearest to value; halves round up."""
    return max(0, int(value / step + 0.5))


def latent_of_each(frames: int, latents: int) -> list[int]:
    """Return the latent frame of each of `frames` pixel frames on a canvas of `latents`, where no VAE says it.

    Frames are those of one of CYCLES if that has just as many, which no causal VAE of more than one chunk has; else
    latent frame 0 holds the first and the others hold the rest evenly, as those of every causal VAE.
    """
    for pattern in CYCLES:
        counts = list(islice(cycle(pattern), latents))
        if sum(counts) == frames:
            return [latent for latent, count in enumerate(counts) for _ in range(count)]
    after = max(1, frames - 1)
    return [(frame * (latents - 1) + after - 1) // after for frame in range(frames)]

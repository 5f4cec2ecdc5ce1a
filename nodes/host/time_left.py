"""How far a node is and about how much time is left, as hosts show it in a line."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

RECENT = 32  # updates that the pace is measured over: what was slow in the beginning is forgotten


class Work(NamedTuple):
    """What a progress bar counts. unit: in the singular. windows: that the units are spread over, one after the other.

    bar_after: seconds after which a console shows a bar too; most work is done before.
    """

    doing: str
    unit: str = "frame"
    windows: int = 1
    bar_after: float = 2.0


ENCODING, DECODING, ASSEMBLING, WRITING = Work("Encoding"), Work("Decoding"), Work("Assembling"), Work("Writing")
CAPTIONING, EXPANDING, FITTING = (
    Work("Captioning", "file"),
    Work("Expanding", "prompt"),
    Work("Fitting masks", "latent"),
)


def sampling(windows: int) -> Work:
    """The work of a sampler; the bar is always shown, as those of ComfyUI's samplers."""
    return Work("Sampling", "step", windows, bar_after=0.0)


class TimeLeft:
    """Follows some work. The first update, before which models are loaded and compiled, begins the measuring."""

    def __init__(self, work: Work, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._work = work
        self._total = total
        self._clock = clock
        self._begin = clock()
        self._updates: deque[tuple[int, float]] = deque(maxlen=RECENT + 1)  # done, and when

    def update(self, done: int) -> None:
        """Note that so many are done. Fewer than before: the work has begun again."""
        if self._updates and done < self._updates[-1][0]:
            self._updates.clear()
        if done > (self._updates[-1][0] if self._updates else 0):
            self._updates.append((done, self._clock()))

    def seconds(self) -> float | None:
        """About how long the rest takes, at the pace of the recent updates; None before the second."""
        if len(self._updates) < 2:
            return None
        (first, begin), (done, now) = self._updates[0], self._updates[-1]
        return max(0, self._total - done) * (now - begin) / (done - first)

    def text(self) -> str:
        """Less than 60 characters, such as "Sampling: window 3 of 9, 1:20 left"."""
        done, left = self._updates[-1][0] if self._updates else 0, self.seconds()
        many = self._work.unit if self._total == 1 else f"{self._work.unit}s"
        if self._total and done >= self._total:
            return f"{self._work.doing}: {self._total} {many} in {clock_time(self._clock() - self._begin)}"
        if self._total == 1:
            return f"{self._work.doing}: {clock_time(self._clock() - self._begin)} so far"
        return f"{self._work.doing}: {self.place()}" + ("" if left is None else f", {clock_time(left)} left")

    def after_bar(self) -> str:
        """What a bar that shows the count leaves out, such as ", window 3 of 9, 1:20 left"."""
        left = self.seconds()
        window = f", {self.place()}" if self._work.windows > 1 else ""
        return window + ("" if left is None else f", {clock_time(left)} left")

    def place(self) -> str:
        """How far it is: the window, if there are some, else the count."""
        done, windows = self._updates[-1][0] if self._updates else 0, self._work.windows
        if windows > 1:
            return f"window {max(0, done - 1) * windows // max(1, self._total) + 1} of {windows}"
        return f"{done} of {self._total} {self._work.unit}{'' if self._total == 1 else 's'}"


def clock_time(seconds: float) -> str:
    """Seconds as 0:05, 1:20 or 2:03:10."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

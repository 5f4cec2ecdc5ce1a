"""Seeds: random generators that depend on (seed, step or clip, process) alone, so that a resumed run needs no state."""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import distributed


@dataclass(frozen=True)
class Seeds:
    """The random generators of a run, each made anew from what it is for."""

    seed: int

    def step(self, step: int) -> random.Random:
        """Return the generator of one step in this process."""
        return random.Random(f"{self.seed}/{step}{_process()}")

    def shared(self, step: int) -> random.Random:
        """Return the generator of one step that is the same in every process."""
        return random.Random(f"{self.seed}/{step}/shared")

    def clip(self, pool: str, number: int) -> random.Random:
        """Return the generator of one clip of a pool in this process."""
        return random.Random(f"{self.seed}/{pool}/{number}{_process()}")


def _process() -> str:
    return f"/{distributed.rank()}" if distributed.rank() else ""

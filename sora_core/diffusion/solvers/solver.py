"""What a solver of d x / d level = velocity is: a stateless object, with its history passed in and out.

Levels are tensors that broadcast over x. Places may have different levels, and a place whose level does not change
does not change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

import torch

Velocity = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""(x, level) -> velocity, like x: one model call"""

Noise = Callable[[], torch.Tensor]
"""() -> standard normal noise like x, independent of all noise before"""

State = TypeVar("State")


class Step(NamedTuple):
    """One step of a schedule: the velocity at its start, and the levels it goes from and to (they broadcast over x)."""

    velocity: torch.Tensor
    level: torch.Tensor
    next_level: torch.Tensor


@runtime_checkable
class Solver(Protocol[State]):
    """Walks down a sequence of levels step by step. `State` is what it must remember of the steps before.

    >>> state = solver.begin()                                            # doctest: +SKIP
    >>> for step in steps:                                                # doctest: +SKIP
    ...     x, state = solver.step(x, step, state, velocity_at, noise)
    """

    def begin(self) -> State:
        """State before the first step of a descent."""
        ...

    def step(
        self, x: torch.Tensor, step: Step, state: State, velocity_at: Velocity, noise: Noise
    ) -> tuple[torch.Tensor, State]:
        """x at step.next_level, given x at step.level, and the state for the next step.

        velocity_at: asks the model once more. noise: draws from the noise stream; only stochastic solvers do.
        """
        ...

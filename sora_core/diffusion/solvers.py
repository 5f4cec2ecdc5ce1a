"""Solvers of d x / d level = velocity: pure functions that take a step between two tensors of levels.

Places may have different levels, and a place whose level does not change does not change.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

import torch

Velocity = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # (x, level) -> velocity, like x


class Step(NamedTuple):
    """One step of a plan: the velocity at its start, and the levels it goes from and to (they broadcast over x)."""

    velocity: torch.Tensor
    level: torch.Tensor
    next_level: torch.Tensor


def euler(x: torch.Tensor, step: Step, previous: Step | None, velocity_at: Velocity) -> torch.Tensor:
    """x + (next_level - level) * velocity. First order; the same as DDIM (https://arxiv.org/abs/2010.02502)."""
    return x + (step.next_level - step.level) * step.velocity


def heun(x: torch.Tensor, step: Step, previous: Step | None, velocity_at: Velocity) -> torch.Tensor:
    """Average of the velocities at both ends of an Euler step. Second order, two model calls a step.

    Algorithm 1 of EDM (https://arxiv.org/abs/2206.00364); unlike there the last step is corrected as well, for
    in flow coordinates the velocity at level 0 is finite.
    """
    arrival = velocity_at(euler(x, step, previous, velocity_at), step.next_level)
    return x + (step.next_level - step.level) * (step.velocity + arrival) / 2


def adams_bashforth(x: torch.Tensor, step: Step, previous: Step | None, velocity_at: Velocity) -> torch.Tensor:
    """Goes on with the slope of the velocity over the step before. Second order, one model call a step.

    The two-step Adams-Bashforth method for steps of any length (Hairer, Norsett, Wanner, "Solving ODEs I", III.5).
    A place that stood still in the step before, and every place in the first step, takes an Euler step.
    """
    if previous is None:
        return euler(x, step, previous, velocity_at)
    length = step.next_level - step.level
    length_before = previous.next_level - previous.level
    moved = length_before != 0
    ratio = torch.where(moved, length / torch.where(moved, length_before, 1), 0)
    return x + length * (step.velocity + ratio / 2 * (step.velocity - previous.velocity))


class Solver(Enum):
    """The solvers by name. Call `Solver.EULER.advance(x, step, previous, velocity_at)`."""

    EULER = "euler"
    HEUN = "heun"
    ADAMS_BASHFORTH = "adams_bashforth"

    def advance(self, x: torch.Tensor, step: Step, previous: Step | None, velocity_at: Velocity) -> torch.Tensor:
        """x at step.next_level, given x at step.level and the step before (None for the first)."""
        return _FUNCTIONS[self](x, step, previous, velocity_at)


_FUNCTIONS = {Solver.EULER: euler, Solver.HEUN: heun, Solver.ADAMS_BASHFORTH: adams_bashforth}

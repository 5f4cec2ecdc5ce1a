"""The two-step Adams-Bashforth method for steps of any length (Hairer, Norsett, Wanner, "Solving ODEs I", III.5)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .euler import euler_step
from .solver import Noise, Step, Velocity


@dataclass(frozen=True)
class AdamsBashforth:
    """Extrapolates the velocity with its slope over the previous step. Second order, one model call per step.

    Takes an Euler step in the first step, and wherever a place stood still in the previous step.
    """

    def begin(self) -> Step | None:
        """The state is the previous step; there is none yet. See Solver."""
        return None

    def step(
        self, x: torch.Tensor, step: Step, state: Step | None, velocity_at: Velocity, noise: Noise
    ) -> tuple[torch.Tensor, Step]:
        """See Solver."""
        if state is None:
            return euler_step(x, step), step
        length = step.next_level - step.level
        length_before = state.next_level - state.level
        moved = length_before != 0
        ratio = torch.where(moved, length / torch.where(moved, length_before, 1), 0)
        return x + length * (step.velocity + ratio / 2 * (step.velocity - state.velocity)), step

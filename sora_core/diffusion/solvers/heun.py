"""Heun's method: algorithm 1 of EDM (https://arxiv.org/abs/2206.00364).

Unlike there the last step is corrected as well: in flow coordinates the velocity at level 0 is finite.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .euler import euler_step
from .solver import Noise, Step, Velocity


@dataclass(frozen=True)
class Heun:
    """Averages the velocities at both ends of an Euler step. Second order, two model calls per step."""

    def begin(self) -> None:
        """No state. See Solver."""

    def step(
        self, x: torch.Tensor, step: Step, state: None, velocity_at: Velocity, noise: Noise
    ) -> tuple[torch.Tensor, None]:
        """See Solver."""
        arrival = velocity_at(euler_step(x, step), step.next_level)
        return x + (step.next_level - step.level) * (step.velocity + arrival) / 2, None

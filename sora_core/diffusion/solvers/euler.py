"""The Euler method, the same as DDIM (https://arxiv.org/abs/2010.02502) in flow coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .solver import Noise, Step, Velocity


@dataclass(frozen=True)
class Euler:
    """x + (next_level - level) * velocity. First order, one model call per step."""

    def begin(self) -> None:
        """No state. See Solver."""

    def step(
        self, x: torch.Tensor, step: Step, state: None, velocity_at: Velocity, noise: Noise
    ) -> tuple[torch.Tensor, None]:
        """See Solver."""
        return euler_step(x, step), None


def euler_step(x: torch.Tensor, step: Step) -> torch.Tensor:
    """x at step.next_level along the velocity at step.level."""
    return x + (step.next_level - step.level) * step.velocity


EULER = Euler()

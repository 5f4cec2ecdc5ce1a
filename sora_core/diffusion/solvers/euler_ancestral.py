"""Ancestral Euler for rectified flow: each step goes further down than asked, and fresh noise raises it again.

The method is that of sample_euler_ancestral_RF in ComfyUI's comfy/k_diffusion/sampling.py, after the ancestral samplers
of https://github.com/crowsonkb/k-diffusion.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..flow import raise_level
from .euler import euler_step
from .solver import Noise, Step, Velocity


@dataclass(frozen=True)
class EulerAncestral:
    """An Euler step to next_level * (1 + eta * (next_level / level - 1)), then up to next_level with fresh noise.

    eta: 1 is fully ancestral, 0 is Euler. Stochastic: it draws one noise in every step, so the seed decides the result,
    and other numbers of steps give other clips. One model call per step. Raises ValueError for eta outside 0..1.
    """

    eta: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.eta <= 1:
            raise ValueError(f"eta must be within 0..1, got {self.eta}")

    def begin(self) -> None:
        """No state. See Solver."""

    def step(
        self, x: torch.Tensor, step: Step, state: None, velocity_at: Velocity, noise: Noise
    ) -> tuple[torch.Tensor, None]:
        """See Solver. Where a place does not move, or reaches level 0, the noise has weight 0."""
        level, target = step.level, step.next_level
        ratio = torch.where(target == level, 1, target / level)  # 0 / 0 where a place is finished
        down = target * (1 + self.eta * (ratio - 1))
        return raise_level(euler_step(x, step._replace(next_level=down)), noise(), down, target), None

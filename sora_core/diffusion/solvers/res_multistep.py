"""RES multistep of second order (https://arxiv.org/abs/2308.02157), the solver of ComfyUI's templates for MiniMax-H3.

Equals sample_res_multistep in ComfyUI's comfy/k_diffusion/sampling.py, for any schedule.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..flow import clean_from_velocity
from .dpmpp_2m import Prediction
from .exponential import towards
from .solver import Noise, Step, Velocity


@dataclass(frozen=True)
class ResMultistep:
    """Extrapolates the prediction of the clean latents in -log(level). Second order, one model call per step.

    Unlike in the log SNR of DPM++ 2M, level 1 is at a finite place, so the second step is of second order too. For each
    place by itself, steps of first order (Euler) are its first, the first after it stood still, and one to level 0.
    """

    def begin(self) -> Prediction | None:
        """The state is the prediction of the previous step; there is none yet. See Solver."""
        return None

    def step(
        self, x: torch.Tensor, step: Step, state: Prediction | None, velocity_at: Velocity, noise: Noise
    ) -> tuple[torch.Tensor, Prediction]:
        """See Solver."""
        level, next_level = step.level, step.next_level
        clean = clean_from_velocity(x, step.velocity, level)
        moved = towards(x, clean, level, next_level)
        if state is not None:
            weight = _weight_of_change(state.level, level, next_level)
            moved = torch.where(weight == 0, moved, moved + weight * (clean - state.clean))
        return moved, Prediction(clean, level)


def _weight_of_change(before: torch.Tensor, level: torch.Tensor, next_level: torch.Tensor) -> torch.Tensor:
    """Weight of the prediction's change over the previous step: (h - 1 + exp(-h)) / h' of lengths h' and h of the two.

    This is h * phi2(-h) * h / h' of the paper. 0 where one of both steps is endless or none.
    """
    second_order = (before != level) & (level != next_level) & (next_level > 0)
    length = torch.where(second_order, (level / next_level).log(), 0)
    length_before = torch.where(second_order, (before / level).log(), 1)
    return (length + torch.expm1(-length)) / length_before

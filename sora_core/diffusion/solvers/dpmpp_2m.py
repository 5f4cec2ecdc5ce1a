"""DPM-Solver++(2M): algorithm 2 of https://arxiv.org/abs/2211.01095, for rectified flow.

Equals diffusers' DPMSolverMultistepScheduler with algorithm_type "dpmsolver++", solver_order 2, solver_type "midpoint",
prediction_type "flow_prediction", use_flow_sigmas and its default final_sigmas_type "zero", for any number of steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch

from ..flow import clean_from_velocity
from .exponential import extrapolated, slope_of_clean, towards
from .solver import Noise, Step, Velocity


class Prediction(NamedTuple):
    """Prediction of the clean latents, like x, and the level at which it was made."""

    clean: torch.Tensor
    level: torch.Tensor


@dataclass(frozen=True)
class DPMpp2M:
    """Extrapolates the prediction of the clean latents in log SNR. Second order, one model call per step.

    Steps are of first order (Euler) in three cases, for each place by itself:
    * its first step, and the first one after it stood still;
    * a step to level 0: the log SNR is infinite there. In diffusers this is what a final sigma of zero means; its
      rule for fewer than 15 steps (lower_order_final) adds nothing to it at order 2, so the number of steps does not
      matter here. A schedule that ends above level 0 ends with a step of second order;
    * the step after one that began at level 1: the log SNR is -inf there and the slope over that step 0. diffusers
      computes the same if its sigmas are set to begin at 1; its own begin a little below.
    """

    def begin(self) -> Prediction | None:
        """The state is the prediction of the previous step; there is none yet. See Solver."""
        return None

    def step(
        self, x: torch.Tensor, step: Step, state: Prediction | None, velocity_at: Velocity, noise: Noise
    ) -> tuple[torch.Tensor, Prediction]:
        """See Solver."""
        clean = clean_from_velocity(x, step.velocity, step.level)
        aim = clean
        if state is not None:
            slope = slope_of_clean(clean, step.level, state.clean, state.level)
            aim = extrapolated(clean, slope, step.level, step.next_level)
        return towards(x, aim, step.level, step.next_level), Prediction(clean, step.level)

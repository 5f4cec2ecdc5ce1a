"""UniPC of order 2 with B(h) = exp(h) - 1 (https://arxiv.org/abs/2302.04867), the solver of Wan's authors.

Equals diffusers' UniPCMultistepScheduler with solver_order 2, solver_type "bh2", predict_x0, prediction_type
"flow_prediction", use_flow_sigmas and its defaults lower_order_final and final_sigmas_type "zero".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch

from ..flow import clean_from_velocity
from .exponential import extrapolated, log_snr, slope_of_clean, towards
from .solver import Noise, Step, Velocity

HIGHEST = 1 - 17 * 2**-24
"""The float32 closest to 1 - 1e-6. diffusers puts it in place of a sigma of 1, whose log SNR is -inf."""


class Predicted(NamedTuple):
    """The previous step, as its corrector needs it.

    x, clean: where it began (corrected), and the prediction of the clean latents there.
    slope: of the prediction per unit of log SNR, as the step used it; 0 where it was of first order.
    level: where it began. length_before: of the step before it in log SNR; 0 where it was of first order.
    """

    x: torch.Tensor
    clean: torch.Tensor
    slope: torch.Tensor
    level: torch.Tensor
    length_before: torch.Tensor


@dataclass(frozen=True)
class UniPC:
    """Corrects each step with the prediction at its end, then predicts as DPM++ 2M does. One model call per step.

    The velocity at the start of a step is that at the end of the previous one, so the corrector needs no model call of
    its own. For each place by itself:
    * the first step, and the first one after it stood still, is of first order and corrects nothing before it;
    * a step to level 0 is of first order, whatever the number of steps, and is never corrected;
    * a place that stands still does not change, so the step before it stands still keeps uncorrected.
    Levels above HIGHEST count as HIGHEST.
    """

    def begin(self) -> Predicted | None:
        """The state is the previous step; there is none yet. See Solver."""
        return None

    def step(
        self, x: torch.Tensor, step: Step, state: Predicted | None, velocity_at: Velocity, noise: Noise
    ) -> tuple[torch.Tensor, Predicted]:
        """See Solver."""
        level, next_level = step.level.clamp(max=HIGHEST), step.next_level.clamp(max=HIGHEST)
        clean = clean_from_velocity(x, step.velocity, level)
        slope, length_before = torch.zeros_like(clean), torch.zeros_like(level)
        if state is not None:
            goes_on = (state.level != level) & (level != next_level)
            x = torch.where(goes_on, corrected(state, clean, level), x)
            slope = slope_of_clean(clean, level, state.clean, state.level)
            length_before = torch.where(state.level != level, log_snr(level) - log_snr(state.level), 0)
        aim = extrapolated(clean, slope, level, next_level)
        return towards(x, aim, level, next_level), Predicted(x, clean, slope, level, length_before)


def corrected(begun: Predicted, clean: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """x at `level`, the end of a step, given the prediction of the clean latents there: UniC.

    This is the paper's linear system of order 2, solved by hand. Let h be the length of the step in log SNR, h' that of
    the step before it, and L = coth(h / 2) - 2 / h. Then b_1 = (1 + L) / 2 and b_1 - b_2 = L / h, which makes the
    weight of the slope L * h / (h + h') and that of the change over the step (1 + L) / 2 - L / (h + h'). At order 1 the
    latter is a half, as for L = 0.
    """
    length = log_snr(level) - log_snr(begun.level)
    bend = torch.where(begun.length_before > 0, _langevin(length / 2), 0)  # L
    share = bend / (length + begun.length_before)
    aim = begun.clean + share * length * begun.slope + ((1 + bend) / 2 - share) * (clean - begun.clean)
    return towards(begun.x, aim, begun.level, level)


def _langevin(y: torch.Tensor) -> torch.Tensor:
    """coth(y) - 1 / y for y > 0; by its series where the difference would lose digits."""
    square = y * y
    series = y * (1 / 3 - square * (1 / 45 - square * (2 / 945 - square / 4725)))
    return torch.where(y < 0.5, series, 1 / y.tanh() - 1 / y)

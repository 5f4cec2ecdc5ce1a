"""SamplingOptions: every option of sampling, for Python, the command line and the nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .caching import check_tolerance
from .guidance import check_scale
from .history import NO_HISTORY_GUIDANCE, HistoryGuidance
from .resampling import check_resampling
from .schedule import check_shift, check_sigmas, shifted_sigmas
from .solvers import EULER, Solver, check_solver
from .windows import Windows

MAX_STEPS = 1_000_000


@dataclass(frozen=True)
class SamplingOptions:
    """How to sample. The defaults suit the bundled model.

    steps: 1..1,000,000. Each is one model call, or two where guidance is not 1; the Heun solver doubles that.
    guidance: scale of classifier-free guidance by the prompt; 1 turns it off and halves the cost.
    shift: > 1 spends more of the steps at high noise; larger videos need more.
    sigmas: explicit noise levels, falling, within 0..1; they replace steps and shift.
    solver: one of diffusion.solvers.SOLVERS.
    negative: prompt to guide away from; "" is unconditional.
    history: history guidance, for models that take a timestep per token.
    step_cache: tolerance of step caching, which skips model calls; 0 turns it off.
    resampling: repeats of each part of the noise schedule (RePaint), for a canvas with known parts; 0 turns it off.
    windows: how to sample a canvas that is longer than the model's training clips; None samples all of it at once.

    Raises ValueError for a value out of range.
    """

    steps: int = 25
    guidance: float = 2.5
    shift: float = 3.0
    sigmas: tuple[float, ...] | None = None
    solver: Solver[Any] = EULER
    negative: str = ""
    history: HistoryGuidance = NO_HISTORY_GUIDANCE
    step_cache: float = 0.0
    resampling: int = 0
    windows: Windows | None = None

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or not 1 <= self.steps <= MAX_STEPS:
            raise ValueError(f"steps must be a whole number within 1..{MAX_STEPS}, got {self.steps!r}")
        check_scale(self.guidance)
        check_shift(self.shift)
        if self.sigmas is not None:
            object.__setattr__(self, "sigmas", tuple(self.sigmas))
            check_sigmas(torch.tensor(self.sigmas))
        check_solver(self.solver)
        if not isinstance(self.history, HistoryGuidance):
            raise ValueError(f"history must be a HistoryGuidance, such as HistoryGuidance(1.5), got {self.history!r}")
        check_tolerance(self.step_cache)
        check_resampling(self.resampling)

    @property
    def total_steps(self) -> int:
        """Number of steps: of the sigmas, if given."""
        return self.steps if self.sigmas is None else len(self.sigmas) - 1

    def levels(self) -> torch.Tensor:
        """Sigmas of the steps, from high to low: [steps+1]."""
        return shifted_sigmas(self.steps, self.shift) if self.sigmas is None else torch.tensor(self.sigmas)


def parse_sigmas(text: str) -> tuple[float, ...]:
    """Parse sigmas such as "1, 0.9, 0.5, 0". Raises ValueError unless they are falling numbers in 0..1."""
    try:
        sigmas: Sequence[float] = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        raise ValueError(f"sigmas must be numbers, such as 1,0.9,0.5,0, got {text!r}") from None
    check_sigmas(torch.tensor(sigmas))
    return tuple(sigmas)

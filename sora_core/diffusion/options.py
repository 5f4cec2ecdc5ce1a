"""How to walk from noise to a clip: every option of sampling in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .caching import check_tolerance
from .guidance import check_scale
from .history import HistoryGuidance
from .schedule import check_shift
from .solvers import EULER, Solver, check_solver

MAX_STEPS = 1_000_000


@dataclass(frozen=True)
class SamplingOptions:
    """How to walk from noise to a clip. The defaults suit the bundled model.

    steps: model calls (two each where guidance is not 1, and twice as many with the solver Heun), 1..1,000,000.
    guidance: how far to follow the prompt away from `negative`; 1 is the plain model and costs half.
    shift: > 1 spends more of the steps near noise; use more for larger videos.
    negative: what not to show; "" is the unconditional prompt.
    history: how far to follow what a canvas knows (diffusion.history), where the model takes a level per patch; 1 is
        the plain model.
    step_cache: tolerance of step caching (diffusion.caching), which skips model calls; 0 skips none.
    """

    steps: int = 25
    guidance: float = 2.5
    shift: float = 3.0
    solver: Solver[Any] = EULER
    negative: str = ""
    history: float = 1.0
    step_cache: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or not 1 <= self.steps <= MAX_STEPS:
            raise ValueError(f"steps must be a whole number within 1..{MAX_STEPS}, got {self.steps!r}")
        check_scale(self.guidance)
        HistoryGuidance(self.history)
        check_shift(self.shift)
        check_tolerance(self.step_cache)
        check_solver(self.solver)

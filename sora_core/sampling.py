"""How to walk from noise to a clip, and what published models were made for.

The families' settings are those of the authors' own programs, https://github.com/Wan-Video/Wan2.1 (generate.py, and its
README for 1.3B) and https://github.com/Wan-Video/Wan2.2 (wan/configs), without the list of defects that these have as
negative prompt: `--negative`, or Sora Encode Text, takes one.
"""

from __future__ import annotations

from dataclasses import dataclass

from .diffusion.caching import check_tolerance
from .diffusion.guidance import check_scale
from .diffusion.history import HistoryGuidance
from .diffusion.schedule import check_shift
from .diffusion.solvers import Solver
from .dit import DiTConfig
from .dit.layouts import LATENTS_OF_5B

MAX_STEPS = 1_000_000


@dataclass(frozen=True)
class Sampling:
    """How to walk from noise to a clip. The defaults suit the bundled model.

    steps: model calls (two each where guidance is not 1, and two more for the HEUN solver), 1..1,000,000.
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
    solver: Solver = Solver.EULER
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
        if not isinstance(self.solver, Solver):
            raise ValueError(f"solver must be one of {[str(s) for s in Solver]}, got {self.solver!r}")


@dataclass(frozen=True)
class Family:
    """What a model was made for: clips of this size, in pixels, and length, and how they are sampled."""

    name: str
    width: int
    height: int
    seconds: float
    fps: float
    sampling: Sampling


OWN = Family("a model of ours", 64, 64, seconds=2.0, fps=8.0, sampling=Sampling())
WAN_1_3B = Family("Wan 2.1 1.3B", 832, 480, seconds=5.0, fps=16.0, sampling=Sampling(50, guidance=6.0, shift=8.0))
WAN_14B = Family("Wan 2.1 14B", 1280, 720, seconds=5.0, fps=16.0, sampling=Sampling(50, guidance=5.0, shift=5.0))
WAN_A14B = Family("Wan 2.2 A14B", 1280, 720, seconds=5.0, fps=16.0, sampling=Sampling(40, guidance=3.5, shift=12.0))
"""Its authors guide the high-noise expert by 4 and the low-noise one by 3; here one number is for both."""
WAN_5B = Family("Wan 2.2 TI2V 5B", 1280, 704, seconds=5.0, fps=24.0, sampling=Sampling(50, guidance=5.0, shift=5.0))

WIDTH_OF_14B = 5120


def wan_family(config: DiTConfig, *, experts: bool) -> Family:
    """Of a published DiT, or of two. One of the two experts alone cannot be told from Wan 2.1 14B."""
    if experts:
        return WAN_A14B
    if config.out_channels == LATENTS_OF_5B:
        return WAN_5B
    return WAN_14B if config.dim >= WIDTH_OF_14B else WAN_1_3B

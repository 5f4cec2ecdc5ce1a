"""The one sampling loop: it walks a plan of levels over a canvas with a guider and a solver.

New tasks are new canvases and plans, new techniques are new guiders and solvers; this loop does not grow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch

from ..canvas import LatentCanvas
from ..patches import PatchSize
from .flow import add_noise, clean_from_velocity
from .guidance import Guider
from .schedule import model_level
from .solvers import Solver, Step

MAX_SEED = 2**64 - 1

OnStep = Callable[[int, int, torch.Tensor], None]
"""(steps done, steps in all, clean estimate [B C T H W]); it may raise to interrupt."""


def initial_noise(shape: Sequence[int], seed: int) -> torch.Tensor:
    """Standard normal float32 noise, drawn on the CPU so that no device changes it; the same as ComfyUI's for a seed.

    Raises ValueError for a seed outside 0..2**64-1.
    """
    check_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(tuple(shape), generator=generator, dtype=torch.float32)


def check_seed(seed: int) -> None:
    """ValueError unless seed is a whole number that torch takes."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed must be a whole number within 0..2**64-1, got {seed!r}")


@torch.no_grad()
def sample(
    guider: Guider,
    canvas: LatentCanvas,
    plan: torch.Tensor,
    noise: torch.Tensor,
    *,
    solver: Solver = Solver.EULER,
    patch: PatchSize = (1, 1, 1),
    on_step: OnStep | None = None,
) -> torch.Tensor:
    """Latents [B C T H W], float32 on the canvas's device: the canvas with all that is unknown filled in.

    plan: [steps+1 B|1 1 T|1 H|1 W|1] levels, as from schedule.start_plan; they fall from step to step.
    noise: [B C T H W], as from initial_noise.
    patch: patch of the model, which takes one level per patch where the plan's levels vary in space.

    Latents whose noise_level is 0 come back bit for bit. Raises ValueError where plan or noise do not fit.
    """
    _check(canvas, plan, noise)
    clean = canvas.clean.float()
    plan, noise = plan.to(clean), noise.to(clean)
    total = len(plan) - 1

    def velocity_at(x: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        return guider(x, model_level(level, x, patch))

    x = add_noise(clean, noise, plan[0])  # [B C T H W]
    previous = None
    for done, (level, next_level) in enumerate(pairwise(plan), start=1):
        step = Step(velocity_at(x, level), level, next_level)
        estimate = clean_from_velocity(x, step.velocity, level)
        x = solver.advance(x, step, previous, velocity_at)
        previous = step
        if on_step is not None:
            on_step(done, total, estimate)
    return torch.where(canvas.noise_level == 0, clean, x)


def _check(canvas: LatentCanvas, plan: torch.Tensor, noise: torch.Tensor) -> None:
    if noise.shape != canvas.clean.shape:
        raise ValueError(f"noise must be {tuple(canvas.clean.shape)} like the canvas, got {tuple(noise.shape)}")
    grid = canvas.noise_level.shape
    fits = plan.ndim == 6 and all(got in (1, size) for got, size in zip(plan.shape[1:], grid, strict=True))
    if not fits or len(plan) < 2:
        raise ValueError(f"plan must be [steps+1, ...] broadcasting over {tuple(grid)}, got {tuple(plan.shape)}")
    if not bool(((plan[1:] <= plan[:-1]) & (plan[:-1] <= 1) & (plan[1:] >= 0)).all()):
        raise ValueError("levels of a plan must lie within 0..1 and never rise from step to step")

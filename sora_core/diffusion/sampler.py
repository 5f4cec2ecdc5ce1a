"""The one sampling loop: follows a noise schedule over a canvas with a guider and a solver.

A new task is a new canvas or schedule, a new technique is a new guider or solver. This loop does not grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, pairwise
from typing import Any

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import ONE_LATENT, PatchSize
from .flow import clean_from_velocity, raise_level
from .guidance import Guider
from .resampling import descents
from .schedule import model_level
from .solvers import EULER, Solver, Step

MAX_SEED = 2**64 - 1

StepCallback = Callable[[int, int, torch.Tensor], None]
"""(steps done, steps in all, clean estimate [B C T H W]); it may raise to interrupt."""


def initial_noise(shape: Sequence[int], seed: int) -> torch.Tensor:
    """Standard normal float32 noise, drawn on the CPU so that no device changes it; the same as ComfyUI's for a seed.

    Raises ValueError for a seed outside 0..2**64-1.
    """
    return NoiseSource(seed).draw(shape)


class NoiseSource:
    """Standard normal float32 noise of one seed, drawn on the CPU on demand; the first draw is initial_noise.

    Raises ValueError for a seed outside 0..2**64-1.
    """

    def __init__(self, seed: int) -> None:
        check_seed(seed)
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self, shape: Sequence[int], device: torch.device | str = "cpu") -> torch.Tensor:
        """[*shape] on `device`."""
        return torch.randn(tuple(shape), generator=self._generator, dtype=torch.float32).to(device)


class NoiseStream(Iterator[torch.Tensor]):
    """Independent noises of one shape: the initial one, and more for rises and stochastic solvers.

    current: the last one that was drawn; before any draw, the initial one.
    """

    def __init__(self, first: torch.Tensor, source: NoiseSource) -> None:
        self.current = first
        self._source = source

    @classmethod
    def of(cls, shape: Sequence[int], seed: int, device: torch.device | str = "cpu") -> NoiseStream:
        """All of one seed, beginning with initial_noise."""
        source = NoiseSource(seed)
        return cls(source.draw(shape, device), source)

    def __next__(self) -> torch.Tensor:
        self.current = self._source.draw(self.current.shape, self.current.device)
        return self.current


def check_seed(seed: int) -> None:
    """ValueError unless seed is a whole number that torch takes."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed must be a whole number within 0..2**64-1, got {seed!r}")


@torch.no_grad()
def sample(
    guider: Guider,
    canvas: LatentCanvas,
    schedule: torch.Tensor,
    noise: torch.Tensor,
    *,
    fresh: Iterator[torch.Tensor] | None = None,
    solver: Solver[Any] = EULER,
    patch: PatchSize = ONE_LATENT,
    on_step: StepCallback | None = None,
) -> torch.Tensor:
    """Fill a canvas along a noise schedule: latents [B C T H W], float32 on the canvas's device.

    schedule: [steps+1 B|1 1 T|1 H|1 W|1] levels that fall from step to step, as from schedule.noise_schedule. Where
        they rise instead (resampling.with_resampling), fresh noise raises the latents and the solver starts again.
    noise: [B C T H W], as from initial_noise. fresh: more of them, independent of `noise`: one for each rise, and one
        for each step of a stochastic solver. NoiseStream gives both. None where neither needs any.
    patch: latents per token of the model, which takes one timestep per token where the levels vary in space.

    Latents whose noise_level is 0 come back bit for bit. Raises ValueError where schedule or noise do not fit the
    canvas, or the fresh noise runs out.
    """
    _check(canvas, schedule, fresh)
    clean = canvas.clean.float()
    falling = descents(schedule.to(clean))
    draw = partial(_next_noise, chain([noise], fresh or ()), clean)
    done, total = 0, sum(len(levels) - 1 for levels in falling)

    def velocity_at(x: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        return guider(x, model_level(level, x, patch))

    x, reached = clean, torch.zeros_like(falling[0][0])  # [B C T H W]
    for levels in falling:
        x, reached, state = raise_level(x, draw(), reached, levels[0]), levels[-1], solver.begin()
        for level, next_level in pairwise(levels):
            step = Step(velocity_at(x, level), level, next_level)
            estimate = clean_from_velocity(x, step.velocity, level)
            x, state = solver.step(x, step, state, velocity_at, draw)
            done += 1
            if on_step is not None:
                on_step(done, total, estimate)
    return torch.where(canvas.noise_level == 0, clean, x)


def _next_noise(supply: Iterator[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    noise = next(supply, None)
    if noise is None or noise.shape != x.shape:
        got = "no more of it: rises and stochastic solvers need `fresh`" if noise is None else tuple(noise.shape)
        raise ValueError(f"noise must be {tuple(x.shape)} like the canvas, got {got}")
    return noise.to(x)


def _check(canvas: LatentCanvas, schedule: torch.Tensor, fresh: Iterator[torch.Tensor] | None) -> None:
    grid = canvas.noise_level.shape
    fits = schedule.ndim == 6 and all(got in (1, size) for got, size in zip(schedule.shape[1:], grid, strict=True))
    if not fits or len(schedule) < 2:
        raise ValueError(
            f"schedule must be [steps+1, ...] broadcasting over {tuple(grid)}, got {tuple(schedule.shape)}"
        )
    if not bool(((schedule >= 0) & (schedule <= 1)).all()):
        raise ValueError(f"levels of a schedule must lie within 0..1, got {schedule.min():g}..{schedule.max():g}")
    rises, falls = ((schedule[1:] - schedule[:-1]).mul(sign).flatten(1).gt(0).any(1) for sign in (1, -1))
    if fresh is None and bool(rises.any()):
        raise ValueError("levels of a schedule must never rise from step to step where there is no fresh noise for it")
    if bool((rises & falls).any()):
        raise ValueError("levels of a schedule must not rise at some places and fall at others in the same step")

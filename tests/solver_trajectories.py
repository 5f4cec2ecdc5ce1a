"""Problems for solvers, and walks along them: ours step by step, through the sampler, and those of diffusers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
import torch

from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.diffusion.sampler import sample
from sora_core.diffusion.schedule import level_per_place, shifted_sigmas
from sora_core.diffusion.solvers import Euler, Solver, Step

STEPS = (8, 20, 50)
WEIGHT = torch.randn(4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(5)) / 2

# Levels of six places over the steps: one that goes down at once, one that waits at level 1, one that starts at 0.6
# (SDEdit), one that is known, one that stands still on its way and one that is finished early.
UNEVEN = torch.tensor(
    [
        [1.0, 0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.0],
        [1.0, 1.0, 1.0, 1.0, 0.8, 0.7, 0.6, 0.4, 0.2, 0.0],
        [0.6, 0.6, 0.6, 0.6, 0.6, 0.5, 0.35, 0.2, 0.1, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [1.0, 0.9, 0.8, 0.7, 0.7, 0.7, 0.55, 0.3, 0.1, 0.0],
        [1.0, 0.8, 0.6, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    ]
).T  # [steps+1 places]


def velocity(x: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """Nonlinear in x [B 4 ...] and in the level, which broadcasts over it; places do not see each other."""
    mixed = torch.einsum("oc,bc...->bo...", WEIGHT.to(x), x)
    return mixed.tanh() * (1 + level) + (2 * x).sin() * level.square() - 0.3 * x


def walk(
    solver: Solver[Any],
    levels: Sequence[torch.Tensor] | torch.Tensor,
    x: torch.Tensor,
    velocity_at: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = velocity,
    noise: Callable[[], torch.Tensor] = pytest.fail,
) -> list[torch.Tensor]:
    """x at each of the levels."""
    state, path = solver.begin(), [x]
    for level, next_level in pairwise(levels):
        step = Step(velocity_at(path[-1], level), level, next_level)
        moved, state = solver.step(path[-1], step, state, velocity_at, noise)
        path.append(moved)
    return path


def from_one_to_zero(steps: int) -> torch.Tensor:
    """Levels of uneven steps, [steps+1]."""
    return torch.linspace(1, 0, steps + 1, dtype=torch.float64) ** 1.3


def even_in_log_snr(steps: int) -> torch.Tensor:
    """Levels from 0.9 to 0.1, [steps+1]: at 0 and 1 the log SNR is infinite, and steps in it do not become small."""
    return torch.linspace(math.log(9), -math.log(9), steps + 1, dtype=torch.float64).sigmoid()


def error(solver: Solver[Any], levels: torch.Tensor) -> float:
    """Of x at the end of the levels, where dx/dt = 2 t x, so that x = exp(t^2)."""
    reached = walk(solver, levels, levels[0].square().exp(), lambda x, level: 2 * level * x)[-1]
    return abs(reached - levels[-1].square().exp()).item()


def orders(solver: Solver[Any], levels: Callable[[int], torch.Tensor]) -> list[float]:
    """How fast the error falls with the steps: 1 where twice as many halve it, 2 where they quarter it."""
    errors = [error(solver, levels(steps)) for steps in (100, 200, 400)]
    return [math.log2(coarse / fine) for coarse, fine in pairwise(errors)]


def scheduler_path(scheduler: Any, sigmas: torch.Tensor, x: torch.Tensor) -> list[torch.Tensor]:
    """x [1 4 ...] after each step of one of diffusers' schedulers, whose sigmas are set to these [steps+1]."""
    scheduler.set_timesteps(len(sigmas) - 1)
    scheduler.sigmas = sigmas.clone()
    scheduler.set_begin_index(0)
    path = [x]
    for timestep, sigma in zip(scheduler.timesteps, sigmas, strict=False):
        path.append(scheduler.step(velocity(path[-1], sigma), timestep, path[-1]).prev_sample)
    return path


def levels_of(steps: int, first: float = 1.0) -> torch.Tensor:
    """Shifted levels, float64 [steps+1], of which the first may be another."""
    levels = shifted_sigmas(steps, 3.0).double()
    return torch.cat([torch.tensor([first], dtype=torch.float64), levels[1:]])


def latents(*shape: int) -> torch.Tensor:
    """Standard normal, float64."""
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def sampled(solver: Solver[Any], levels: torch.Tensor, noise: torch.Tensor, *, places: int = 1) -> torch.Tensor:
    """What `sample` makes of noise [1 4 1 1 W]; levels: [steps+1] or [steps+1 W], with a level per place."""
    schedule = levels.float().reshape(len(levels), 1, 1, 1, 1, places)

    def guider(x: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        level = noise_level.view(-1, 1, 1, 1, 1) if noise_level.ndim == 1 else level_per_place(noise_level, x)
        return velocity(x, level)

    start = levels[0].float().expand(places).reshape(1, 1, 1, 1, places).expand(1, 1, *noise.shape[2:])
    clean = torch.zeros_like(noise).float()
    return sample(guider, LatentCanvas(clean, start), schedule, noise.float(), solver=solver)


def moving_parts(levels: torch.Tensor) -> list[torch.Tensor]:
    """One place's levels [steps+1], cut where it stands still: the parts that fall from row to row, [n] with n > 1."""
    parts, current = [], [levels[0]]
    for level, next_level in pairwise(levels):
        if next_level != level:
            current.append(next_level)
            continue
        parts.append(current)
        current = [next_level]
    return [torch.stack(part) for part in [*parts, current] if len(part) > 1]


def assert_each_place_follows(
    solver: Solver[Any], expected: Callable[[torch.Tensor, torch.Tensor], list[torch.Tensor]], tolerance: float
) -> None:
    """Walks UNEVEN and compares each place with `expected(levels, x)` of the moving parts of its own levels.

    Where such a part ends above level 0, `expected` gets a level 0 after it: to it the part is not the end of the way.
    """
    x = latents(1, 4, 1, 1, UNEVEN.shape[1])
    path = walk(solver, list(UNEVEN.double().view(-1, 1, 1, 1, 1, UNEVEN.shape[1])), x)
    for place, levels in enumerate(UNEVEN.double().T):
        reached = x[..., place]
        for part in moving_parts(levels):
            whole = part if part[-1] == 0 else torch.cat([part, torch.zeros_like(part[:1])])
            reached = expected(whole, reached)[len(part) - 1]
            rows = (levels == part[-1]).nonzero().flatten()
            for row in rows.tolist():  # it is there when its part ends, and stays there while it stands still
                torch.testing.assert_close(path[row][..., place], reached, atol=tolerance, rtol=0)
                assert torch.equal(path[row][..., place], path[rows[0]][..., place])
        if not moving_parts(levels):
            assert all(torch.equal(at[..., place], reached) for at in path)


def assert_first_and_last_are_euler(solver: Solver[Any]) -> None:
    """First steps, and steps to level 0, are those of Euler."""
    x = latents(1, 4, 6)
    for levels in ([1.0, 0.4], [0.5, 0.2], [1.0, 0.0], [0.3, 0.0]):
        ends = [walk(one, torch.tensor(levels).double(), x)[-1] for one in (solver, Euler())]
        torch.testing.assert_close(*ends)
    before, now, end = torch.tensor([0.5, 0.2, 0.0], dtype=torch.float64)
    *_, reached, last = walk(solver, [before, now, end], x)
    torch.testing.assert_close(last, walk(Euler(), [now, end], reached)[-1])

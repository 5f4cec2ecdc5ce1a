"""UniPC against diffusers' scheduler over whole trajectories, for one level and for levels per place."""

from typing import Any

import numpy as np
import pytest
import torch

from solver_trajectories import (
    STEPS,
    assert_each_place_follows,
    even_in_log_snr,
    from_one_to_zero,
    latents,
    levels_of,
    orders,
    sampled,
    scheduler_path,
    velocity,
    walk,
)
from sora_core.diffusion.solvers import DPMpp2M, Euler, UniPC
from sora_core.diffusion.solvers.unipc import HIGHEST, _langevin


def scheduler_of_wan() -> Any:
    return pytest.importorskip("diffusers").UniPCMultistepScheduler(
        solver_order=2,
        solver_type="bh2",
        predict_x0=True,
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        lower_order_final=True,
    )


def path_of_diffusers(levels: torch.Tensor, x: torch.Tensor) -> list[torch.Tensor]:
    return scheduler_path(scheduler_of_wan(), levels.clamp(max=HIGHEST), x)


@pytest.mark.slow
def test_what_stands_for_level_one_is_what_diffusers_puts_in_its_place():
    scheduler = scheduler_of_wan()
    scheduler.set_timesteps(sigmas=np.linspace(1, 0, 9)[:-1])
    assert scheduler.sigmas[0].item() == HIGHEST
    assert torch.tensor(1 - 1e-6, dtype=torch.float32).item() == HIGHEST


@pytest.mark.slow
@pytest.mark.parametrize("first", [1.0, 0.9997])
@pytest.mark.parametrize("steps", STEPS)
def test_whole_trajectories_equal_those_of_diffusers(steps, first):
    levels, x = levels_of(steps, first), latents(1, 4, 6)
    ours, theirs = walk(UniPC(), levels, x), path_of_diffusers(levels, x)
    assert len(ours) == len(theirs) == steps + 1
    torch.testing.assert_close(torch.stack(ours), torch.stack(theirs), atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("steps", STEPS)
def test_the_sampler_ends_where_diffusers_does_with_sigmas_as_it_takes_them(steps):
    levels, noise = levels_of(steps), latents(1, 4, 1, 1, 6).float()
    scheduler, theirs = scheduler_of_wan(), noise
    scheduler.set_timesteps(sigmas=levels[:-1].numpy().copy())
    for timestep, sigma in zip(scheduler.timesteps, scheduler.sigmas, strict=False):
        theirs = scheduler.step(velocity(theirs, sigma), timestep, theirs).prev_sample
    torch.testing.assert_close(sampled(UniPC(), levels, noise), theirs, atol=1e-5, rtol=0)


@pytest.mark.slow
def test_each_place_follows_what_diffusers_does_for_its_own_levels():
    assert_each_place_follows(UniPC(), path_of_diffusers, 1e-5)


@pytest.mark.slow
def test_the_corrector_makes_the_error_one_of_third_order():
    assert orders(UniPC(), even_in_log_snr) == pytest.approx([3, 3], abs=0.12)
    assert min(orders(UniPC(), from_one_to_zero)) > 1.8


def test_first_steps_and_those_to_level_zero_are_euler():
    x = latents(1, 4, 6)
    for levels in ([1.0, 0.4], [0.5, 0.2], [1.0, 0.0], [0.3, 0.0]):
        ends = [walk(solver, torch.tensor(levels).double(), x)[-1] for solver in (UniPC(), Euler())]
        torch.testing.assert_close(*ends, atol=1e-5, rtol=0)


def test_the_first_two_steps_differ_from_dpmpp_2m_by_the_corrector_alone():
    x, levels = latents(1, 4, 6), torch.tensor([0.9, 0.6, 0.3], dtype=torch.float64)
    ours, plain = walk(UniPC(), levels, x), walk(DPMpp2M(), levels, x)
    torch.testing.assert_close(ours[1], plain[1])
    assert not torch.allclose(ours[2], plain[2], atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_weights_of_the_corrector_keep_their_digits_for_steps_of_any_length(dtype):
    y = torch.logspace(-6, 2, 400, dtype=torch.float64)
    exact = torch.where(y < 0.02, y / 3 - y**3 / 45, 1 / y.tanh() - 1 / y)
    torch.testing.assert_close(_langevin(y.to(dtype)).double(), exact, rtol=1e-6, atol=0)

"""DPM-Solver++(2M) against diffusers' scheduler over whole trajectories, for one level and for levels per place."""

import pytest
import torch

from solver_trajectories import (
    STEPS,
    assert_each_place_follows,
    assert_first_and_last_are_euler,
    even_in_log_snr,
    from_one_to_zero,
    latents,
    levels_of,
    orders,
    sampled,
    scheduler_path,
    walk,
)
from sora_core.diffusion.solvers import DPMpp2M, Euler


def path_of_diffusers(levels: torch.Tensor, x: torch.Tensor) -> list[torch.Tensor]:
    """It walks in float32, whatever it is given."""
    scheduler = pytest.importorskip("diffusers").DPMSolverMultistepScheduler(
        algorithm_type="dpmsolver++",
        solver_order=2,
        solver_type="midpoint",
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
    )
    return scheduler_path(scheduler, levels, x)


@pytest.mark.slow
@pytest.mark.parametrize("first", [1.0, 1 - 1e-6, 0.9997])
@pytest.mark.parametrize("steps", STEPS)
def test_whole_trajectories_equal_those_of_diffusers(steps, first):
    levels, x = levels_of(steps, first), latents(1, 4, 6)
    ours, theirs = walk(DPMpp2M(), levels, x), path_of_diffusers(levels, x)
    assert len(ours) == len(theirs) == steps + 1
    torch.testing.assert_close(torch.stack(ours), torch.stack(theirs), atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("steps", STEPS)
def test_the_sampler_ends_where_diffusers_does(steps):
    levels, noise = levels_of(steps), latents(1, 4, 1, 1, 6)
    theirs = path_of_diffusers(levels, noise)[-1]
    torch.testing.assert_close(sampled(DPMpp2M(), levels, noise), theirs.float(), atol=1e-5, rtol=0)


@pytest.mark.slow
def test_each_place_follows_what_diffusers_does_for_its_own_levels():
    assert_each_place_follows(DPMpp2M(), path_of_diffusers, 1e-5)


def test_the_error_is_of_second_order_and_nearly_so_where_the_log_snr_is_infinite_at_both_ends():
    assert orders(DPMpp2M(), even_in_log_snr) == pytest.approx([2, 2], abs=0.12)
    assert min(orders(DPMpp2M(), from_one_to_zero)) > 1.6


def test_first_steps_and_those_to_level_zero_are_euler():
    assert_first_and_last_are_euler(DPMpp2M())


def test_a_plan_that_ends_above_zero_ends_with_a_step_of_second_order():
    x, levels = latents(1, 4, 6), torch.tensor([0.9, 0.6, 0.3], dtype=torch.float64)
    on = torch.tensor([0.9, 0.6, 0.3, 0.0], dtype=torch.float64)
    assert torch.equal(walk(DPMpp2M(), levels, x)[-1], walk(DPMpp2M(), on, x)[2])
    assert not torch.allclose(walk(DPMpp2M(), levels, x)[-1], walk(Euler(), levels, x)[-1], atol=1e-3)

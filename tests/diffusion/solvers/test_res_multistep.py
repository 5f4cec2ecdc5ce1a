"""RES multistep: every step against the paper's formula, its order, and where it is of first order."""

import math
from itertools import pairwise

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
    velocity,
    walk,
)
from sora_core.diffusion.solvers import Euler, ResMultistep


def path_of_the_paper(levels: torch.Tensor, x: torch.Tensor) -> list[torch.Tensor]:
    """Its exponential integrator with phi functions over t = -log(sigma), in floats, from two predictions on."""
    path, before = [x], None
    for sigma, following in pairwise(levels.tolist()):
        clean = path[-1] - sigma * velocity(path[-1], torch.tensor(sigma, dtype=x.dtype))
        if following == 0:
            path.append(clean)
            break
        h = math.log(sigma / following)
        phi_1 = math.expm1(-h) / -h
        phi_2 = (phi_1 - 1) / -h
        b_2 = 0.0 if before is None else phi_2 * -h / math.log(before[1] / sigma)
        last = clean if before is None else before[0]
        path.append(math.exp(-h) * path[-1] + h * ((phi_1 - b_2) * clean + b_2 * last))
        before = clean, sigma
    return path


@pytest.mark.parametrize("first", [1.0, 0.9997])
@pytest.mark.parametrize("steps", STEPS)
def test_whole_trajectories_equal_the_formula_of_the_paper(steps, first):
    levels, x = levels_of(steps, first), latents(1, 4, 6)
    ours, expected = walk(ResMultistep(), levels, x), path_of_the_paper(levels, x)
    torch.testing.assert_close(torch.stack(ours), torch.stack(expected), atol=1e-9, rtol=0)


@pytest.mark.parametrize("steps", STEPS)
def test_the_sampler_ends_where_the_formula_does(steps):
    levels, noise = levels_of(steps), latents(1, 4, 1, 1, 6)
    expected = path_of_the_paper(levels, noise)[-1]
    torch.testing.assert_close(sampled(ResMultistep(), levels, noise), expected.float(), atol=1e-5, rtol=0)


def test_each_place_follows_the_formula_for_its_own_levels():
    assert_each_place_follows(ResMultistep(), path_of_the_paper, 1e-9)


def test_the_error_is_of_second_order_and_nearly_so_at_both_ends():
    assert orders(ResMultistep(), even_in_log_snr) == pytest.approx([2, 2], abs=0.12)
    assert min(orders(ResMultistep(), from_one_to_zero)) > 1.6


def test_first_steps_and_those_to_level_zero_are_euler():
    assert_first_and_last_are_euler(ResMultistep())


def test_the_second_step_from_level_one_is_of_second_order_already():
    x, levels = latents(1, 4, 6), torch.tensor([1.0, 0.8, 0.5], dtype=torch.float64)
    assert not torch.allclose(walk(ResMultistep(), levels, x)[-1], walk(Euler(), levels, x)[-1], atol=1e-3)

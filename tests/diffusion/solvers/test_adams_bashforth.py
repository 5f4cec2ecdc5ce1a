"""Adams-Bashforth: steps by hand, second order, and places that stand still."""

import pytest
import torch

from solver_trajectories import assert_each_place_follows, from_one_to_zero, latents, orders, velocity, walk
from sora_core.diffusion.solvers import AdamsBashforth, Euler, Step


def test_a_step_by_hand_is_euler_where_the_place_stood_still():
    level, next_level = torch.tensor([0.8, 0.8]), torch.tensor([0.6, 0.6])
    previous = Step(torch.tensor([1.0, 1.0]), torch.tensor([0.9, 0.8]), level)
    step = Step(torch.tensor([2.0, 2.0]), level, next_level)
    moved, state = AdamsBashforth().step(torch.zeros(2), step, previous, pytest.fail, pytest.fail)
    torch.testing.assert_close(moved, torch.tensor([-0.2 * (2 + 1.0 * 1), -0.4]))
    assert state is step


def test_the_first_step_is_euler():
    levels, x = [torch.tensor(1.0), torch.tensor(0.7)], latents(1, 4, 3).float()
    (_, ours), (_, euler) = walk(AdamsBashforth(), levels, x), walk(Euler(), levels, x)
    assert torch.equal(ours, euler)


def test_steps_of_one_length_have_the_weights_of_the_textbook():
    levels, x = torch.linspace(1, 0, 5, dtype=torch.float64), latents(1, 4, 3)
    path = walk(AdamsBashforth(), levels, x)
    before, now = (velocity(at, level) for at, level in zip(path[1:3], levels[1:3], strict=True))
    torch.testing.assert_close(path[3], path[2] - 0.25 * (1.5 * now - 0.5 * before))


def test_the_error_is_of_second_order():
    assert orders(AdamsBashforth(), from_one_to_zero) == pytest.approx([2, 2], abs=0.12)


def test_each_place_follows_its_own_levels_and_begins_anew_after_it_stood_still():
    assert_each_place_follows(AdamsBashforth(), lambda levels, x: walk(AdamsBashforth(), levels, x), 1e-12)

"""Heun: a step by hand, and second order."""

import pytest
import torch

from solver_trajectories import from_one_to_zero, orders
from sora_core.diffusion.solvers import Heun, Step


def test_a_step_by_hand_asks_the_model_where_an_euler_step_arrives():
    step = Step(torch.tensor(2.0), torch.tensor(1.0), torch.tensor(0.5))
    asked = []

    def velocity_at(x, level):
        asked.append((x.item(), level.item()))
        return torch.tensor(4.0)

    x, state = Heun().step(torch.tensor(1.0), step, Heun().begin(), velocity_at, pytest.fail)
    assert x.item() == 1.0 - 0.5 * 3.0
    assert asked == [(0.0, 0.5)]
    assert state is None


def test_the_error_is_of_second_order():
    assert orders(Heun(), from_one_to_zero) == pytest.approx([2, 2], abs=0.12)

"""Euler: a step by hand, and first order."""

import pytest
import torch

from solver_trajectories import from_one_to_zero, orders
from sora_core.diffusion.solvers import Euler, Step


def test_a_step_by_hand():
    step = Step(torch.tensor([2.0, 2.0]), torch.tensor([1.0, 0.5]), torch.tensor([0.75, 0.5]))
    x, state = Euler().step(torch.tensor([1.0, 1.0]), step, Euler().begin(), pytest.fail, pytest.fail)
    assert x.tolist() == [0.5, 1.0]
    assert state is None


def test_the_error_is_of_first_order():
    assert orders(Euler(), from_one_to_zero) == pytest.approx([1, 1], abs=0.12)

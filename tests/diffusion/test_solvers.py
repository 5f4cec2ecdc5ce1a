"""Solvers: one step by hand, order of convergence on an ODE with a known solution."""

import math
from itertools import pairwise

import pytest
import torch

from sora_core.diffusion.solvers import Solver, Step


def solve(solver: Solver, steps: int) -> float:
    """x(0) of dx/dt = 2 t x with x(1) = e, over uneven levels; exactly 1, as x = exp(t^2)."""

    def velocity_at(x, level):
        return 2 * level * x

    levels = torch.linspace(1, 0, steps + 1, dtype=torch.float64) ** 1.3
    x, previous = torch.tensor(math.e, dtype=torch.float64), None
    for level, next_level in pairwise(levels):
        step = Step(velocity_at(x, level), level, next_level)
        x = solver.advance(x, step, previous, velocity_at)
        previous = step
    return x.item()


@pytest.mark.parametrize(("solver", "order"), [(Solver.EULER, 1), (Solver.HEUN, 2), (Solver.ADAMS_BASHFORTH, 2)])
def test_error_falls_with_the_order_of_the_solver(solver, order):
    errors = [abs(solve(solver, steps) - 1) for steps in (100, 200, 400)]
    measured = [math.log2(coarse / fine) for coarse, fine in pairwise(errors)]
    assert measured == pytest.approx([order, order], abs=0.12)


def test_euler_step_by_hand():
    step = Step(torch.tensor([2.0, 2.0]), torch.tensor([1.0, 0.5]), torch.tensor([0.75, 0.5]))
    assert Solver.EULER.advance(torch.tensor([1.0, 1.0]), step, None, pytest.fail).tolist() == [0.5, 1.0]


def test_heun_step_by_hand():
    step = Step(torch.tensor(2.0), torch.tensor(1.0), torch.tensor(0.5))
    asked = []

    def velocity_at(x, level):
        asked.append((x.item(), level.item()))
        return torch.tensor(4.0)

    assert Solver.HEUN.advance(torch.tensor(1.0), step, None, velocity_at).item() == 1.0 - 0.5 * 3.0
    assert asked == [(0.0, 0.5)]


def test_adams_bashforth_step_by_hand_is_euler_where_the_place_stood_still():
    level, next_level = torch.tensor([0.8, 0.8]), torch.tensor([0.6, 0.6])
    previous = Step(torch.tensor([1.0, 1.0]), torch.tensor([0.9, 0.8]), level)
    step = Step(torch.tensor([2.0, 2.0]), level, next_level)
    moved = Solver.ADAMS_BASHFORTH.advance(torch.zeros(2), step, previous, pytest.fail)
    torch.testing.assert_close(moved, torch.tensor([-0.2 * (2 + 1.0 * 1), -0.4]))


@pytest.mark.parametrize("solver", list(Solver))
def test_a_place_whose_level_does_not_change_keeps_its_value(solver):
    x = torch.randn(8)
    level = torch.zeros(8)
    previous = Step(torch.randn(8), level, level)
    moved = solver.advance(x, Step(torch.randn(8), level, level), previous, lambda x, level: torch.randn(8))
    assert torch.equal(moved, x)

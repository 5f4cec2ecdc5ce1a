"""What holds for every solver, and the table of names."""

import copy

import pytest
import torch

from solver_trajectories import UNEVEN, latents, sampled, velocity, walk
from sora_core.diffusion.solvers import EULER, SOLVERS, Euler, EulerAncestral, Solver, check_solver, solver_named

every_solver = pytest.mark.parametrize("solver", list(SOLVERS.values()), ids=list(SOLVERS))


def standard_normal_like(x: torch.Tensor):
    return lambda: torch.randn(x.shape, generator=torch.Generator().manual_seed(3), dtype=x.dtype)


def test_the_table_has_a_solver_for_each_name():
    assert list(SOLVERS) == [
        "euler",
        "heun",
        "adams_bashforth",
        "unipc",
        "dpmpp_2m",
        "euler_ancestral",
        "res_multistep",
    ]
    assert all(isinstance(solver, Solver) for solver in SOLVERS.values())
    assert all(solver_named(name) is solver for name, solver in SOLVERS.items())


@pytest.mark.parametrize("name", ["Euler", "", "euler "])
def test_an_unknown_name_is_told_with_those_there_are(name):
    with pytest.raises(ValueError, match=f"solver must be one of euler, heun, .*, res_multistep, got '{name}'"):
        solver_named(name)


@pytest.mark.parametrize("other", ["euler", Euler, None, 1])
def test_names_and_classes_are_no_solvers(other):
    with pytest.raises(ValueError, match="solver must be a Solver object, such as"):
        check_solver(other)


@every_solver
def test_solvers_are_equal_by_value_and_cannot_be_changed(solver):
    check_solver(solver)
    twin = copy.deepcopy(solver)
    assert twin == solver
    assert hash(twin) == hash(solver)
    assert [other for other in SOLVERS.values() if other == solver] == [solver]
    with pytest.raises(AttributeError):
        solver.eta = 0.5
    assert EulerAncestral(0.5) != EulerAncestral()
    assert Euler() == EULER


@every_solver
def test_a_place_whose_level_does_not_change_keeps_its_bits(solver):
    x = latents(1, 4, 1, 1, UNEVEN.shape[1]).float()
    path = walk(solver, list(UNEVEN.view(-1, 1, 1, 1, 1, UNEVEN.shape[1])), x, noise=standard_normal_like(x))
    for row in range(len(UNEVEN) - 1):
        still = UNEVEN[row] == UNEVEN[row + 1]
        assert torch.equal(path[row][..., still], path[row + 1][..., still])
        assert bool((path[row][..., ~still] != path[row + 1][..., ~still]).all())


@every_solver
@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_nothing_moves_where_no_level_changes(solver, level):
    x = latents(1, 4, 6).float()
    path = walk(solver, torch.full((4,), level), x, noise=standard_normal_like(x))
    assert all(torch.equal(at, x) for at in path)


@every_solver
@pytest.mark.parametrize(
    "levels", [[1.0, 0.0], [1.0, 1.0, 0.5, 0.0], [1.0, 1 - 2**-24, 2**-24, 0.0], [1.0, 1e-30, 0.0]]
)
def test_the_ends_of_the_levels_give_numbers(solver, levels):
    x = latents(1, 4, 6).float()
    path = walk(solver, torch.tensor(levels), x, noise=standard_normal_like(x))
    assert all(bool(at.isfinite().all()) for at in path)


@pytest.mark.parametrize("name", [name for name in SOLVERS if name != "euler_ancestral"])
def test_the_sampler_walks_as_the_solver_does_by_hand_where_levels_differ_per_place(name):
    places = UNEVEN.shape[1]
    noise = latents(1, 4, 1, 1, places).float()
    by_hand = walk(solver_named(name), list(UNEVEN.view(-1, 1, 1, 1, 1, places)), UNEVEN[0] * noise)[-1]
    torch.testing.assert_close(sampled(solver_named(name), UNEVEN, noise, places=places), by_hand, atol=1e-6, rtol=0)


@every_solver
def test_two_walks_at_once_do_not_disturb_each_other(solver):
    levels, first, second = torch.linspace(1, 0, 6), *latents(2, 1, 4, 6).float()
    alone = [walk(solver, levels, x, noise=standard_normal_like(x))[-1] for x in (first, second)]
    inside = []

    def velocity_at(x: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        inside.append(walk(solver, levels, second, noise=standard_normal_like(second))[-1])
        return velocity(x, level)

    assert torch.equal(walk(solver, levels, first, velocity_at, standard_normal_like(first))[-1], alone[0])
    assert all(torch.equal(made, alone[1]) for made in inside)


@every_solver
def test_a_step_takes_one_model_call_and_two_with_heun(solver):
    calls = []

    def velocity_at(x: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        calls.append(level)
        return velocity(x, level)

    x = latents(1, 4, 6)
    walk(solver, torch.linspace(1, 0, 11, dtype=torch.float64), x, velocity_at, standard_normal_like(x))
    assert len(calls) == (20 if solver == SOLVERS["heun"] else 10)

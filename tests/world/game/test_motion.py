"""The player's exact place between the ticks of the rules, and when tiles change."""

import random

import pytest

from sora_core.world import Colour
from sora_core.world.game import TICK, Act, Action, Attributes, Direction, Scene, Theme, Tile, Told, View
from sora_core.world.game.motion import LUNGE, truth, truths
from sora_core.world.game.scenes import sample_scene

from .levels import level

SIDE = level(View.SIDE, Direction.RIGHT, ".....", "@..c.", "ttttt", "ddddd")


def scene(*actions: Action) -> Scene:
    wanted = Attributes(View.SIDE, Theme.MEADOW, Colour.RED, Act.WALK, Direction.RIGHT)
    return Scene(wanted, (), SIDE, actions, (Told(Act.WALK, Direction.RIGHT, 1),))


def test_a_walk_is_even() -> None:
    walk = scene(Action.RIGHT, Action.RIGHT)
    places = [truth(walk, quarter * TICK / 4).column for quarter in range(9)]
    assert places == pytest.approx([quarter / 4 for quarter in range(9)], abs=1e-4)


def test_at_each_tick_the_player_is_where_the_rules_have_it() -> None:
    rng = random.Random(0)
    for view, act in ((View.SIDE, Act.JUMP), (View.SIDE, Act.DIG), (View.TOP, Act.PICK)):
        direction = {Act.JUMP: Direction.UP, Act.DIG: Direction.DOWN, Act.PICK: Direction.LEFT}[act]
        played = sample_scene(Attributes(view, Theme.SNOW, Colour.BLUE, act, direction), rng, 4)
        for tick, state in enumerate(played.states(6)):
            seen = truth(played, tick * TICK)
            assert (seen.row, seen.column) == pytest.approx((state.row, state.column), abs=1e-4)
            assert (seen.state, seen.grid) == (state, state.grid)


def test_a_jump_is_a_parabola() -> None:
    jump = scene(Action.UP, Action.STAND)
    heights = [1 - truth(jump, part * TICK).row for part in (0.5, 1.0, 1.5)]
    assert heights == pytest.approx([0.75, 1.0, 0.75], abs=1e-4)


def test_tiles_change_in_the_middle_of_a_tick() -> None:
    placed = scene(Action.PLACE)
    assert truth(placed, 0.4 * TICK).grid[1][1] is Tile.EMPTY
    assert truth(placed, 0.6 * TICK).grid[1][1] is Tile.CRATE
    assert truth(placed, 20.0).grid[1][1] is Tile.CRATE


def test_the_player_leans_towards_what_it_digs_or_places_and_comes_back() -> None:
    placed = scene(Action.PLACE)
    assert truth(placed, 0.5 * TICK).column == pytest.approx(LUNGE)
    assert truth(placed, TICK).column == 0


def test_many_times_at_once_are_the_same_as_one_by_one() -> None:
    walk = scene(Action.RIGHT, Action.UP, Action.STAND)
    times = [0.0, 0.1, 0.7, 1.3, 9.0]
    assert truths(walk, times) == [truth(walk, time) for time in times]


def test_a_time_before_the_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got a time of -1\.0.* expected at least 0"):
        truth(scene(), -1.0)

"""The rules of the game: what each action does, what stops it, and what stays."""

import random

import pytest

from sora_core.world.game import Action, Direction, State, Tile, View, rollout, step
from sora_core.world.game.rules import MOVES, OPEN, TOWARDS

from .levels import level, picture

LEFT, RIGHT, UP, DOWN = Direction.LEFT, Direction.RIGHT, Direction.UP, Direction.DOWN


def side(*rows: str, facing: Direction = RIGHT) -> State:
    return level(View.SIDE, facing, *rows)


def top(*rows: str, facing: Direction = RIGHT) -> State:
    return level(View.TOP, facing, *rows)


@pytest.mark.parametrize("action", MOVES)
def test_seen_from_above_a_move_goes_one_place_and_turns_the_player(action: Action) -> None:
    after = step(top("...", ".@.", "..."), action)
    rows, columns = MOVES[action].step
    assert (after.row, after.column, after.facing) == (1 + rows, 1 + columns, MOVES[action])


@pytest.mark.parametrize("blocked", "wxa")
def test_walls_crates_and_water_stop_the_player_but_not_its_turn(blocked: str) -> None:
    after = step(top(f"@{blocked}.", facing=DOWN), Action.RIGHT)
    assert (after.row, after.column, after.facing) == (0, 0, RIGHT)


@pytest.mark.parametrize("action", MOVES)
def test_the_edge_of_the_grid_is_a_wall(action: Action) -> None:
    assert picture(step(top("@"), action)) == ["@"]


def test_a_jump_rises_one_place_and_gravity_brings_the_player_back() -> None:
    states = rollout(side("...", ".@.", "ttt"), [Action.UP, Action.STAND, Action.STAND])
    assert [state.row for state in states] == [1, 0, 1, 1]
    assert {state.facing for state in states} == {RIGHT}


def test_a_ceiling_stops_a_jump() -> None:
    assert step(side("www", ".@.", "ttt"), Action.UP).row == 1


def test_there_is_no_second_jump_in_the_air() -> None:
    states = rollout(side("...", "...", ".@.", "ttt"), [Action.UP, Action.UP])
    assert [state.row for state in states] == [2, 1, 2]


def test_a_jump_towards_a_block_lands_on_it() -> None:
    states = rollout(side("...", "@x.", "ttt"), [Action.UP, Action.RIGHT, Action.STAND])
    assert [(state.row, state.column) for state in states] == [(1, 0), (0, 0), (0, 1), (0, 1)]


def test_a_walk_over_an_edge_ends_in_a_fall_to_the_ground() -> None:
    states = rollout(side("@..", "t..", "t..", "ttt"), [Action.RIGHT, *[Action.STAND] * 3])
    assert [state.row for state in states] == [0, 0, 1, 2, 2]
    assert states[-1].supported


def test_digging_down_leaves_a_hole_into_which_the_player_falls() -> None:
    states = rollout(side("@..", "ttt", "ddd", "ddd"), [Action.DOWN, Action.DIG, Action.STAND, Action.DIG])
    assert states[1].facing is DOWN
    assert picture(states[2]) == ["@..", "htt", "ddd", "ddd"]
    assert picture(states[3]) == ["...", "@tt", "ddd", "ddd"]
    assert picture(states[4]) == ["...", "@tt", "hdd", "ddd"]


def test_a_dug_crate_is_gone_and_stays_gone() -> None:
    states = rollout(top("@x."), [Action.DIG, Action.STAND, Action.RIGHT, Action.LEFT])
    assert [state.tile(0, 1) for state in states] == [Tile.CRATE, *[Tile.EMPTY] * 4]


@pytest.mark.parametrize("thing", ".wcg")
def test_only_crates_and_ground_can_be_dug_away(thing: str) -> None:
    before = top(f"@{thing}.")
    assert step(before, Action.DIG) == before


def test_a_placed_crate_stays_and_stops_the_player() -> None:
    states = rollout(top("@..", facing=RIGHT), [Action.PLACE, Action.RIGHT, Action.STAND])
    assert [picture(state) for state in states] == [["@.."], *[["@x."]] * 3]


@pytest.mark.parametrize("thing", "wxc")
def test_a_crate_is_placed_only_where_nothing_is(thing: str) -> None:
    before = top(f"@{thing}.")
    assert step(before, Action.PLACE) == before


def test_an_item_goes_when_the_player_comes_to_it() -> None:
    states = rollout(side("@.gc", "tttt"), [Action.RIGHT] * 3)
    assert [state.collected for state in states] == [0, 0, 1, 2]
    assert picture(states[-1]) == ["...@", "tttt"]


def test_nothing_is_dug_or_placed_in_the_air() -> None:
    in_air = side("...", ".@x", "...", "ttt")
    assert step(in_air, Action.DIG).grid == in_air.grid
    assert step(side("...", ".@.", "...", "ttt"), Action.PLACE).row == 2


def test_a_step_leaves_the_state_before_it_as_it_was() -> None:
    before = top("@x.")
    copy = top("@x.")
    step(before, Action.DIG)
    assert before == copy


def test_random_play_never_puts_the_player_into_something_solid() -> None:
    rng = random.Random(0)
    for view in View:
        start = level(view, LEFT, "......", ".g.x..", "..@...", "tttttt", "dddddd", "dddddd")
        for state in rollout(start, rng.choices(list(Action), k=400)):
            assert state.tile(state.row, state.column) in OPEN


def test_each_direction_has_the_action_that_goes_there() -> None:
    assert {MOVES[action] for action in TOWARDS.values()} == set(Direction)
    assert all(MOVES[TOWARDS[direction]] is direction for direction in Direction)

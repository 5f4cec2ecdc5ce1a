"""Scenes of the game do what they tell, in the middle of the level, and nothing that is held out."""

import random
from itertools import pairwise

import pytest

from sora_core.world.game import Act, Action, Direction, Scene, Tile, Told, View, held_out
from sora_core.world.game.attributes import all_combinations, is_held_out
from sora_core.world.game.rules import MOVES, OPEN
from sora_core.world.game.scenes import HIGH, LOW, sample_scene


def scenes(count: int, ticks: int = 4, seed: int = 0) -> list[Scene]:
    rng = random.Random(seed)
    return [sample_scene(wanted, rng, ticks) for wanted in rng.choices(all_combinations(), k=count)]


def happens(scene: Scene, told: Told) -> bool:
    """Whether the scene's actions do one of the things that it tells, by the rules."""
    states = scene.states(len(scene.actions) + 2)
    first, last = states[0], states[-1]
    rows, columns = told.direction.step
    moved = max((state.row - first.row) * rows + (state.column - first.column) * columns for state in states)
    if told.act in (Act.WALK, Act.PICK):
        return moved >= told.times and (told.act is Act.WALK or last.collected == 1)
    if told.act is Act.JUMP:
        return sum(after.row < before.row for before, after in pairwise(states)) >= told.times
    crates = [sum(tile is Tile.CRATE for row in state.grid for tile in row) for state in states]
    if told.act is Act.PLACE:
        return max(crates) > crates[0]
    return min(crates) < crates[0] or last.row > first.row


@pytest.mark.slow
def test_a_scene_does_what_it_tells() -> None:
    for scene in scenes(600):
        main = next(told for told in scene.told if told.act is scene.wanted.act)
        assert main.direction is scene.wanted.direction
        assert happens(scene, main), scene


@pytest.mark.parametrize("ticks", [4, 8, 12])
def test_all_that_is_told_happens_in_time_and_then_the_player_stands(ticks: int) -> None:
    for scene in scenes(60, ticks):
        assert len(scene.actions) <= ticks
        states = scene.states(ticks + 3)
        assert states[ticks + 1] == states[ticks + 2]


def test_the_player_stays_in_the_middle_of_the_level() -> None:
    for scene in scenes(150, 12):
        for state in scene.states(14):
            assert LOW <= state.row <= HIGH
            assert LOW <= state.column <= HIGH
            assert state.tile(state.row, state.column) in OPEN


def test_nothing_that_a_trained_scene_tells_is_held_out() -> None:
    for scene in scenes(400, 8):
        told = [scene.wanted._replace(act=one.act, direction=one.direction) for one in scene.told]
        if not is_held_out(scene.wanted):
            assert not [one for one in told if one.act is not Act.PICK and is_held_out(one)]


def test_scenes_of_held_out_combinations_have_them() -> None:
    rng = random.Random(0)
    for wanted in held_out():
        scene = sample_scene(wanted, rng, 4)
        assert (wanted.act, wanted.direction) in [told[:2] for told in scene.told]


def test_longer_scenes_tell_more() -> None:
    short, long = (sum(len(scene.told) for scene in scenes(100, ticks)) for ticks in (4, 12))
    assert long > 1.5 * short


def test_a_blocked_walk_ends_at_a_wall() -> None:
    blocked = [scene for scene in scenes(400) if scene.told[0].blocked]
    assert len(blocked) > 20
    for scene in blocked:
        walk = scene.told[0]
        stood = scene.states(walk.times + 1)
        assert stood[-1] == stood[-2]
        assert stood[-1].tile(*stood[-1].faced) is Tile.WALL


def test_the_same_seed_gives_the_same_scene() -> None:
    assert scenes(20, seed=4) == scenes(20, seed=4)
    assert scenes(20, seed=4) != scenes(20, seed=5)


def test_seen_from_the_side_the_player_begins_on_the_ground() -> None:
    for scene in scenes(200):
        if scene.wanted.view is View.SIDE:
            assert scene.start.supported
            assert scene.start.facing is not Direction.UP


def test_actions_move_along_what_is_told() -> None:
    for scene in scenes(100):
        moves = [MOVES[action] for action in scene.actions if action in MOVES and action is not Action.UP]
        told = {one.direction for one in scene.told} | {Direction.DOWN}
        assert set(moves) <= told

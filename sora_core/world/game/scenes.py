"""Scenes of the game: a level, and the actions that the player carries out in it.

All that a caption names lies in the middle six by six places, which every frame of moderate aspect ratio shows.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from .attributes import FEATURES, Act, Attributes, Direction, Feature, View, is_held_out
from .rules import TICK, TOWARDS, Action, State, Tile, rollout

SIZE = 16  # rows and columns of the grid
LOW, HIGH = 5, 10  # first and last row and column that captions may speak of
STOPPED = 0.3  # probability that a wall ends a walk
GEMS = 0.5  # probability that an item is a gem, not a coin


class Told(NamedTuple):
    """One thing that the player does. times: places walked, or how often it is done."""

    act: Act
    direction: Direction
    times: int


@dataclass(frozen=True)
class Scene:
    """One scene. The player carries out `actions`, then stands.

    wanted:   its attributes; the act is the main one
    start:    the state before the first action
    told:     what the actions do, in order
    item:     what can be picked up, if anything
    stopped:  whether a wall ends the walk
    """

    wanted: Attributes
    features: tuple[Feature, ...]
    start: State
    actions: tuple[Action, ...]
    told: tuple[Told, ...]
    item: Tile | None = None
    stopped: bool = False

    def states(self, ticks: int) -> list[State]:
        """Return the states after 0, 1, ... `ticks` actions."""
        actions = [*self.actions[:ticks], *[Action.STAND] * (ticks - len(self.actions))]
        return rollout(self.start, actions)


@dataclass
class _Draft:
    """A level under construction. ahead: unit step of the act; place: the player's start."""

    tiles: list[list[Tile]]
    place: tuple[int, int]
    ahead: tuple[int, int]
    reach: int  # how many places ahead of the start matter

    def at(self, distance: int) -> tuple[int, int]:
        """Return the place that is so far ahead of the start."""
        return self.place[0] + distance * self.ahead[0], self.place[1] + distance * self.ahead[1]

    def put(self, places: Iterable[tuple[int, int]], tile: Tile) -> None:
        """Set these places to a tile."""
        for row, column in places:
            self.tiles[row][column] = tile


def sample_scene(wanted: Attributes, rng: random.Random, seconds: float) -> Scene:
    """Draw a level and actions for these attributes; all that is told happens within `seconds`."""
    ticks = int(seconds / TICK)
    if ticks < 4:
        raise ValueError(f"got {seconds} seconds; a game scene needs at least {4 * TICK}")
    approach, main = _plan(wanted, rng)
    stopped = wanted.act is Act.WALK and rng.random() < STOPPED
    facing = _facing(wanted, approach, rng)
    reach = approach + {Act.WALK: 4, Act.JUMP: 0, Act.PICK: 3}.get(wanted.act, 1)
    draft = _ground(wanted, facing, reach, rng)
    item = None
    if wanted.act is Act.PICK:
        item = Tile.GEM if rng.random() < GEMS else Tile.COIN
        draft.put([draft.at(main.times - rng.randrange(2))], item)
    elif wanted.act is Act.DIG and not _downwards(wanted):
        draft.put([draft.at(approach + 1)], Tile.CRATE)
    elif stopped:
        draft.put([draft.at(main.times)], Tile.WALL)
        main = main._replace(times=main.times - 1)
    features = _furnish(draft, wanted, rng)
    start_facing = facing if approach or not _downwards(wanted) else Direction.DOWN
    start = State(wanted.view, tuple(map(tuple, draft.tiles)), *draft.place, start_facing)
    told = [Told(Act.WALK, facing, approach)] * bool(approach) + [main]
    actions = _actions(wanted, told, turn=_downwards(wanted) and approach > 0, bump=stopped)
    scene = Scene(wanted, features, start, tuple(actions), tuple(told), item, stopped)
    return _extended(scene, rng, ticks)


def _downwards(wanted: Attributes) -> bool:
    """Return whether the player digs into the ground under it."""
    return wanted.view is View.SIDE and wanted.direction is Direction.DOWN


def _plan(wanted: Attributes, rng: random.Random) -> tuple[int, Told]:
    """Draw how many places the player walks first, and the main act."""
    walk = wanted._replace(act=Act.WALK)
    if wanted.act is Act.WALK:
        return 0, Told(Act.WALK, wanted.direction, 4)
    if wanted.act is Act.PICK:
        return 0, Told(Act.PICK, wanted.direction, rng.choice((2, 3)))
    longest = 1 if _downwards(wanted) else 2
    sideways = wanted.act is not Act.JUMP and not _downwards(wanted)
    approach = 0 if sideways and is_held_out(walk) else rng.randrange(longest + 1)
    times = 2 if wanted.act is Act.JUMP and not approach else 1
    return approach, Told(wanted.act, wanted.direction, times)


def _facing(wanted: Attributes, approach: int, rng: random.Random) -> Direction:
    """Return where the player looks while it approaches."""
    if wanted.view is View.TOP or wanted.direction.step[0] == 0:
        return wanted.direction
    sides = [Direction.LEFT, Direction.RIGHT]
    walks = [side for side in sides if not is_held_out(wanted._replace(act=Act.WALK, direction=side))]
    return rng.choice(walks if approach and walks else sides)


def _ground(wanted: Attributes, facing: Direction, reach: int, rng: random.Random) -> _Draft:
    """Lay the ground, and draw the player's start so that `reach` places ahead of it stay in the middle."""
    tiles = [[Tile.EMPTY] * SIZE for _ in range(SIZE)]
    ahead = facing.step
    place = [rng.randint(LOW + 1, HIGH - 1) for _ in range(2)]
    for axis in range(2):
        if ahead[axis]:
            low, high = (LOW, HIGH - reach) if ahead[axis] > 0 else (LOW + reach, HIGH)
            place[axis] = rng.randint(low, high)
    if wanted.view is View.SIDE:
        place[0] = rng.choice((7, 8))
        for row in range(place[0] + 1, SIZE):
            tiles[row] = [Tile.TURF if row == place[0] + 1 else Tile.DIRT] * SIZE
    return _Draft(tiles, (place[0], place[1]), ahead, reach)


def _actions(wanted: Attributes, told: list[Told], *, turn: bool, bump: bool) -> list[Action]:
    """Return the actions that do what is told. turn: look down before the main act; bump: walk on into a wall."""
    actions: list[Action] = []
    for one in told:
        if one.act in (Act.WALK, Act.PICK):
            actions += [TOWARDS[one.direction]] * one.times
        elif one.act is Act.JUMP:
            actions += [Action.UP, Action.STAND] * one.times
        else:
            actions += [Action.DOWN] * turn + [Action.DIG if one.act is Act.DIG else Action.PLACE]
    if bump:
        actions.append(TOWARDS[wanted.direction])
    return actions


def _furnish(draft: _Draft, wanted: Attributes, rng: random.Random) -> tuple[Feature, ...]:
    """Put one or two features where they are in nobody's way."""
    keep = {draft.at(distance) for distance in range(-1, draft.reach + 2)}
    choices = [
        feature
        for feature in FEATURES[wanted.view]
        if feature is not Feature.PATH or wanted.act in (Act.WALK, Act.PLACE)
    ]
    features = []
    for feature in rng.sample(choices, rng.choice((1, 1, 2))):
        places = _places(feature, draft, wanted.view, rng)
        places = [place for place in places if draft.tiles[place[0]][place[1]] is Tile.EMPTY]
        if feature is not Feature.PATH:
            places = [place for place in places if place not in keep]
        if places:
            draft.put(places, _TILES[feature])
            features.append(feature)
    return tuple(features)


def _places(feature: Feature, draft: _Draft, view: View, rng: random.Random) -> list[tuple[int, int]]:
    """Draw the places of a feature; some may not be free."""
    row, column = draft.place
    anywhere = [(rng.randint(LOW, HIGH), rng.randint(LOW, HIGH)) for _ in range(4)]
    if feature is Feature.PATH:
        along_row = draft.ahead[0] == 0
        return [(row, other) if along_row else (other, column) for other in range(SIZE)]
    if feature is Feature.POND:
        top, left = rng.choice([(LOW, LOW), (LOW, HIGH - 1), (HIGH - 1, LOW), (HIGH - 1, HIGH - 1)])
        return [(top + down, left + right) for down in range(2) for right in range(2)]
    if feature is Feature.PLATFORM:
        left, length = rng.randint(LOW, HIGH - 2), rng.choice((2, 3))
        return [(LOW, left + right) for right in range(length)]
    if feature is Feature.CLOUDS:
        return [(rng.randint(LOW, row - 2), other) for other in rng.sample(range(LOW, HIGH + 1), 2)]
    if view is View.SIDE:  # bushes stand on the ground
        return [(row, other) for _, other in anywhere[:2]]
    return anywhere


_TILES = {
    Feature.PLATFORM: Tile.WALL,
    Feature.CLOUDS: Tile.CLOUD,
    Feature.BUSHES: Tile.BUSH,
    Feature.WALLS: Tile.WALL,
    Feature.POND: Tile.WATER,
    Feature.PATH: Tile.PATH,
}


def _extended(scene: Scene, rng: random.Random, ticks: int) -> Scene:
    return scene

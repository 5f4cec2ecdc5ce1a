"""Scenes of the game: a level, and the actions that the player carries out in it.

All that a caption names lies in the middle six by six places, which every frame of moderate aspect ratio shows.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from .attributes import DIRECTIONS, FEATURES, Act, Attributes, Direction, Feature, View, is_held_out
from .rules import TOWARDS, Action, State, Tile, rollout

SIZE = 16  # rows and columns of the grid
LOW, HIGH = 5, 10  # first and last row and column that captions may speak of
STOPPED = 0.3  # probability that a wall ends a walk
MORE = 0.2  # probability that a second act follows where one would do
DIRECT = 0.5  # probability that the player need not walk before the main act
GEMS = 0.5  # probability that an item is a gem, not a coin


class Told(NamedTuple):
    """One thing that the player does.

    times: places walked, or how often it is done. blocked: a wall ends the walk.
    """

    act: Act
    direction: Direction
    times: int
    blocked: bool = False


@dataclass(frozen=True)
class Scene:
    """One scene. The player carries out `actions`, then stands.

    wanted:   its attributes; the act is the main one
    start:    the state before the first action
    told:     what the actions do, in order
    item:     what can be picked up, if anything
    """

    wanted: Attributes
    features: tuple[Feature, ...]
    start: State
    actions: tuple[Action, ...]
    told: tuple[Told, ...]
    item: Tile | None = None

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


def sample_scene(wanted: Attributes, rng: random.Random, ticks: int) -> Scene:
    """Draw a level and at most `ticks` actions for these attributes; `ticks` is at least 4."""
    return extended(sample_start(wanted, rng), rng, ticks)


def sample_start(wanted: Attributes, rng: random.Random) -> Scene:
    """Draw a level and the acts that the attributes name."""
    main, facing, approach = _plan(wanted, rng)
    reach = approach + {Act.WALK: 4, Act.JUMP: 0, Act.PICK: 3}.get(wanted.act, 1)
    draft = _ground(wanted, facing, reach, rng)
    item = None
    if wanted.act is Act.PICK:
        item = Tile.GEM if rng.random() < GEMS else Tile.COIN
        draft.put([draft.at(main.times - rng.randrange(2))], item)
    elif wanted.act is Act.DIG and not _downwards(wanted):
        draft.put([draft.at(approach + 1)], Tile.CRATE)
    elif wanted.act is Act.WALK and rng.random() < STOPPED:
        draft.put([draft.at(main.times)], Tile.WALL)
        main = main._replace(times=main.times - 1, blocked=True)
    features = _furnish(draft, wanted, rng)
    start_facing = facing if approach or not _downwards(wanted) else Direction.DOWN
    start = State(wanted.view, tuple(map(tuple, draft.tiles)), *draft.place, start_facing)
    told = [Told(Act.WALK, facing, approach)] * bool(approach) + [main]
    actions = _actions(told, turn=_downwards(wanted) and approach > 0)
    return Scene(wanted, features, start, tuple(actions), tuple(told), item)


def _downwards(wanted: Attributes) -> bool:
    """Return whether the player digs into the ground under it."""
    return wanted.view is View.SIDE and wanted.direction is Direction.DOWN


def _plan(wanted: Attributes, rng: random.Random) -> tuple[Told, Direction, int]:
    """Draw the main act, where the player looks before it, and how many places it walks first."""
    ahead = [wanted.direction]
    if wanted.act is Act.JUMP or _downwards(wanted):
        ahead = [Direction.LEFT, Direction.RIGHT]
    if wanted.act is Act.WALK:
        return Told(Act.WALK, wanted.direction, 4), wanted.direction, 0
    if wanted.act is Act.PICK:
        return Told(Act.PICK, wanted.direction, rng.choice((2, 3))), wanted.direction, 0
    walks = [one for one in ahead if not is_held_out(wanted._replace(act=Act.WALK, direction=one))]
    approach = 0
    if walks and rng.random() >= DIRECT:
        approach = rng.randint(1, 1 if _downwards(wanted) else 2)
    times = 2 if wanted.act is Act.JUMP and not approach else 1
    return Told(wanted.act, wanted.direction, times), rng.choice(walks if approach else ahead), approach


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


def _actions(told: Sequence[Told], *, turn: bool = False) -> list[Action]:
    """Return the actions that do what is told. turn: look down before digging."""
    actions: list[Action] = []
    for one in told:
        if one.act in (Act.WALK, Act.PICK):
            actions += [TOWARDS[one.direction]] * (one.times + one.blocked)
        elif one.act is Act.JUMP:
            actions += [Action.UP, Action.STAND] * one.times
        else:
            actions += [Action.DOWN] * turn + [Action.DIG if one.act is Act.DIG else Action.PLACE]
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


def extended(scene: Scene, rng: random.Random, ticks: int) -> Scene:
    """Go on with more acts, of those that the rules allow, while there is time for them."""
    told, actions = list(scene.told), list(scene.actions)
    if _downwards(scene.wanted):
        actions.append(Action.STAND)  # fall
    most = len(told) + ticks // 4 - 1 + (len(told) == 1 and rng.random() < MORE)
    while len(told) < most:
        state = rollout(scene.start, actions)[-1]
        choices = [one for one in _more(scene.wanted, state, told[-1]) if len(actions) + _length(one) <= ticks]
        if not choices:
            break
        act = rng.choice(sorted({one.act for one in choices}, key=list(Act).index))
        told.append(rng.choice([one for one in choices if one.act is act]))
        actions += _actions(told[-1:])
    return replace(scene, told=tuple(told), actions=tuple(actions))


def _length(one: Told) -> int:
    return len(_actions([one]))


def _more(wanted: Attributes, state: State, last: Told) -> list[Told]:
    """List what the player can do next: nothing that is held out, nor the same again."""
    before = last._replace(act=Act.WALK) if last.act is Act.PICK else last
    acts = [(Act.PLACE, state.facing), (Act.DIG, state.facing)]
    if wanted.view is View.SIDE:
        acts.append((Act.JUMP, Direction.UP))
    acts += [(Act.WALK, direction) for direction in DIRECTIONS[wanted.view][Act.WALK]]
    found = []
    for act, direction in acts:
        options = [Told(act, direction, times) for times in ((1, 2, 3) if act is Act.WALK else (1,))]
        known = direction in DIRECTIONS[wanted.view][act]
        if known and (act, direction) != before[:2] and not is_held_out(wanted._replace(act=act, direction=direction)):
            found += [one for one in options if _works(state, one)]
    return found


def _works(state: State, one: Told) -> bool:
    """Return whether the rules let the player do this here, in the middle of the level, with an effect."""
    after = rollout(state, _actions([one]))
    end = after[-1]
    if one.act is Act.JUMP:
        return after[1].row < state.row and end.row == state.row
    if one.act is Act.WALK:
        rows, columns = one.direction.step
        there = (end.row, end.column) == (state.row + rows * one.times, state.column + columns * one.times)
        in_middle = LOW <= end.row <= HIGH and LOW <= end.column <= HIGH
        return there and in_middle and all(each.supported for each in after) and end.collected == state.collected
    shown = all(LOW <= place <= HIGH for place in state.faced)
    return end.grid != state.grid and shown and end.supported

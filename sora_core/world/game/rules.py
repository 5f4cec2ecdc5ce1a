"""Rules of the game: a pure function of state and action, one action every half second.

Seen from above, the player walks in four directions. Seen from the side, gravity holds it down, and it can jump.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from .attributes import Direction, View

TICK = 0.5  # seconds from one action to the next: four frames at 8 fps, one latent frame


class Tile(Enum):
    """What lies in one place of the grid."""

    EMPTY = 0
    HOLE = 1
    TURF = 2
    DIRT = 3
    WALL = 4
    CRATE = 5
    COIN = 6
    GEM = 7
    CLOUD = 8
    WATER = 9
    PATH = 10
    BUSH = 11


ITEMS = frozenset((Tile.COIN, Tile.GEM))
OPEN = frozenset((Tile.EMPTY, Tile.HOLE, Tile.CLOUD, Tile.PATH)) | ITEMS  # where the player can be
DIGGABLE = frozenset((Tile.TURF, Tile.DIRT, Tile.CRATE))
_DUG = {Tile.TURF: Tile.HOLE, Tile.DIRT: Tile.HOLE, Tile.CRATE: Tile.EMPTY}


class Action(Enum):
    """What the player can be told to do for one tick.

    UP jumps when the world is seen from the side; DOWN then looks at the ground.
    """

    STAND = 0
    LEFT = 1
    RIGHT = 2
    UP = 3
    DOWN = 4
    DIG = 5
    PLACE = 6


MOVES = {
    Action.LEFT: Direction.LEFT,
    Action.RIGHT: Direction.RIGHT,
    Action.UP: Direction.UP,
    Action.DOWN: Direction.DOWN,
}
TOWARDS = {direction: action for action, direction in MOVES.items()}
"""The action that goes in each direction."""

Grid = tuple[tuple[Tile, ...], ...]


@dataclass(frozen=True)
class State:
    """Everything that the rules know.

    grid: rows of tiles, from the top. row, column: the player's place. collected: how many items it has picked up.
    """

    view: View
    grid: Grid
    row: int
    column: int
    facing: Direction
    collected: int = 0

    def tile(self, row: int, column: int) -> Tile:
        """Return the tile at a place; outside the grid there are walls."""
        inside = 0 <= row < len(self.grid) and 0 <= column < len(self.grid[0])
        return self.grid[row][column] if inside else Tile.WALL

    @property
    def faced(self) -> tuple[int, int]:
        """The place in front of the player."""
        return self.row + self.facing.step[0], self.column + self.facing.step[1]

    @property
    def supported(self) -> bool:
        """Whether the player stands on something. From above it always does."""
        return self.view is View.TOP or self.tile(self.row + 1, self.column) not in OPEN


def step(state: State, action: Action) -> State:
    """Return the state after one tick.

    A move into a place that is not open only turns the player. Digging removes the faced block, placing puts a crate
    into the faced place if it is free. In the air, the player falls one place per tick unless it lands on something.
    """
    in_air = not state.supported
    if action in MOVES:
        state = _move(state, MOVES[action], in_air)
    elif not in_air and action is Action.DIG and state.tile(*state.faced) in DIGGABLE:
        state = _put(state, state.faced, _DUG[state.tile(*state.faced)])
    elif not in_air and action is Action.PLACE and state.tile(*state.faced) in OPEN - ITEMS:
        state = _put(state, state.faced, Tile.CRATE)
    if in_air and not state.supported:
        state = replace(state, row=state.row + 1)
    return _pick_up(state)


def rollout(state: State, actions: Sequence[Action]) -> list[State]:
    """Return the state before the first action and after each one."""
    states = [state]
    for action in actions:
        states.append(step(states[-1], action))
    return states


def _move(state: State, direction: Direction, in_air: bool) -> State:
    rows, columns = direction.step
    from_side = state.view is View.SIDE
    if from_side and direction is Direction.UP:  # a jump keeps the facing
        free = not in_air and state.tile(state.row - 1, state.column) in OPEN
        return replace(state, row=state.row - 1) if free else state
    state = replace(state, facing=direction)
    free = state.tile(state.row + rows, state.column + columns) in OPEN
    if not free or (from_side and direction is Direction.DOWN):
        return state
    return replace(state, row=state.row + rows, column=state.column + columns)


def _pick_up(state: State) -> State:
    place = (state.row, state.column)
    if state.tile(*place) not in ITEMS:
        return state
    return replace(_put(state, place, Tile.EMPTY), collected=state.collected + 1)


def _put(state: State, place: tuple[int, int], tile: Tile) -> State:
    row, column = place
    rows = list(state.grid)
    rows[row] = (*rows[row][:column], tile, *rows[row][column + 1 :])
    return replace(state, grid=tuple(rows))

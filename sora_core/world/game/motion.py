"""Where the player and the tiles are at any time: the states of the rules, and the motion inside a tick."""

from __future__ import annotations

import math
from typing import NamedTuple

from .attributes import Direction, View
from .rules import TICK, Action, Grid, State
from .scenes import Scene

LUNGE = 0.25  # how far the player leans towards what it digs or places, in tiles
CHANGE = 0.5  # part of a tick after which its changes of tiles are seen
ROUNDING = 1e-6  # a time this little before a tick counts as the tick


class Truth(NamedTuple):
    """Exact state at a time.

    state: that of the last tick. grid: the tiles as they are seen. row, column: the player's exact place in tiles.
    """

    state: State
    grid: Grid
    row: float
    column: float
    facing: Direction
    striding: bool


def truth(scene: Scene, time: float) -> Truth:
    """Return the exact state of a scene at a time in seconds."""
    return truths(scene, [time])[0]


def truths(scene: Scene, times: list[float]) -> list[Truth]:
    """Return the exact state of a scene at each time in seconds."""
    if min(times) < 0:
        raise ValueError(f"got a time of {min(times)} seconds; expected at least 0")
    states = scene.states(1 + int(max(times) / TICK + ROUNDING))
    return [_between(scene, states, time / TICK + ROUNDING) for time in times]


def _between(scene: Scene, states: list[State], ticks: float) -> Truth:
    index = math.floor(ticks)
    part = max(0.0, ticks - index - 2 * ROUNDING)
    action = scene.actions[index] if index < len(scene.actions) else Action.STAND
    before, after = states[index], states[index + 1]
    rows, columns = after.row - before.row, after.column - before.column
    facing = after.facing if part > 0 else before.facing
    down = rows * part
    if before.view is View.SIDE:  # thrown up or falling
        down = part**2 * rows if rows > 0 else (1 - (1 - part) ** 2) * rows
    lean = LUNGE * math.sin(math.pi * part) if action in (Action.DIG, Action.PLACE) else 0.0
    return Truth(
        state=before,
        grid=after.grid if part >= CHANGE else before.grid,
        row=before.row + down + lean * facing.step[0],
        column=before.column + columns * part + lean * facing.step[1],
        facing=facing,
        striding=bool(rows or columns) and 0.25 < part < 0.75,
    )

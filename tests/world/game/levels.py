"""Small states of the game, written as rows of letters."""

from __future__ import annotations

from sora_core.world.game import Direction, State, Tile, View

LETTERS = {
    ".": Tile.EMPTY,
    "h": Tile.HOLE,
    "t": Tile.TURF,
    "d": Tile.DIRT,
    "w": Tile.WALL,
    "x": Tile.CRATE,
    "c": Tile.COIN,
    "g": Tile.GEM,
    "a": Tile.WATER,
    "@": Tile.EMPTY,  # the player
}


def level(view: View, facing: Direction, *rows: str) -> State:
    """Return the state that these rows show."""
    ((row, column),) = [(row, line.index("@")) for row, line in enumerate(rows) if "@" in line]
    return State(view, tuple(tuple(LETTERS[letter] for letter in line) for line in rows), row, column, facing)


def picture(state: State) -> list[str]:
    """Return the rows that show a state."""
    letters = {tile: letter for letter, tile in reversed(LETTERS.items())}
    rows = [[letters[tile] for tile in line] for line in state.grid]
    rows[state.row][state.column] = "@"
    return ["".join(line) for line in rows]

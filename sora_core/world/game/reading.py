"""Reads a game back from pixels by matching its own sprites: the look, the tiles, and where the player is.

Frames are brought to eight pixels a tile, the size of the drawings, before they are matched.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch.nn.functional import avg_pool2d, conv2d, interpolate, pad

from ..palette import Colour
from .attributes import Direction, Theme, View
from .renderer import window
from .rules import State, Tile
from .scenes import SIZE
from .sprites import ART, player_sprite, tile_atlas

UNKNOWN = -1  # in a grid of tiles: the player hides what is there
MIN_VISIBLE = 0.4  # part of a tile that must be seen beside the player
BLUR = 2  # pixels of the box that frames and sprites are blurred with before the player is sought
NO_PLAYER = 0.14  # root mean square error per pixel (rgb in 0..1) from which on there is no player
SHOWN: dict[View, tuple[Tile, ...]] = {
    View.SIDE: (
        *(Tile.EMPTY, Tile.HOLE, Tile.TURF, Tile.DIRT, Tile.WALL),
        *(Tile.CRATE, Tile.COIN, Tile.GEM, Tile.CLOUD, Tile.BUSH),
    ),
    View.TOP: (
        *(Tile.EMPTY, Tile.WALL, Tile.CRATE, Tile.COIN),
        *(Tile.GEM, Tile.WATER, Tile.PATH, Tile.BUSH),
    ),
}
"""Tiles that levels of each view have."""


class Look(NamedTuple):
    """What a whole clip has in common."""

    view: View
    theme: Theme
    player: Colour


class Track(NamedTuple):
    """Where the player is in each frame.

    row, column: [F] in tiles of the grid. facing: one per frame. found: [F] whether there is a player at all.
    """

    row: torch.Tensor
    column: torch.Tensor
    facing: tuple[Direction, ...]
    found: torch.Tensor


class Cells(NamedTuple):
    """Frames at eight pixels a tile. pixels: [F 3 rows*8 columns*8] in 0..1. row, column: place of the first tile."""

    pixels: torch.Tensor
    row: int
    column: int

    def tiles(self) -> torch.Tensor:
        """Cut the frames into tiles: [F rows columns 3 8 8]."""
        count, _, height, width = self.pixels.shape
        split = self.pixels.reshape(count, 3, height // ART, ART, width // ART, ART)
        return split.permute(0, 2, 4, 1, 3, 5)


def cells(frames: torch.Tensor) -> Cells:
    """Cut out the tiles that are wholly seen. frames: [3 F H W] in -1..1."""
    height, width = frames.shape[2:]
    tile, top, left = window(height, width)
    rows, columns = _whole(top, height, tile), _whole(left, width, tile)
    if not rows or not columns:
        raise ValueError(f"got frames of {width}x{height}, which show no whole tile of {tile} pixels")
    y, x = top + rows.start * tile, left + columns.start * tile
    inside = (frames[:, :, y : y + len(rows) * tile, x : x + len(columns) * tile].float() / 2 + 0.5).clamp(0, 1)
    size = (len(rows) * ART, len(columns) * ART)
    return Cells(interpolate(inside.transpose(0, 1), size=size, mode="area"), rows.start, columns.start)


def _whole(origin: int, length: int, tile: int) -> range:
    """Return the rows or columns of the grid that a frame shows wholly."""
    return range(max(0, math.ceil(-origin / tile)), min(SIZE, math.floor((length - origin) / tile)))


def read_look(frames: torch.Tensor) -> Look:
    """Read view, theme and the player's colour from the first frame of [3 F H W] in -1..1."""
    first = cells(frames[:, :1])
    tiles = first.tiles()[0].flatten(2)  # [rows columns 192]
    errors = {}
    for view, shown in SHOWN.items():
        for theme in Theme:
            atlas = _atlas(view, theme, shown).flatten(1).to(tiles)
            errors[view, theme] = float(_distances(tiles, atlas).min(dim=-1).values.mean())
    view, theme = min(errors, key=lambda one: errors[one])
    fits = {colour: float(_match(first.pixels, colour)[0].min()) for colour in Colour}
    return Look(view, theme, min(fits, key=lambda one: fits[one]))


def read_player(frames: torch.Tensor, colour: Colour) -> Track:
    """Find the player in each frame of [3 F H W] in -1..1, to an eighth of a tile."""
    seen = cells(frames)
    errors, poses = _match(seen.pixels, colour)  # [F N y x]
    down, across = errors.shape[2:]
    error, best = errors.flatten(1).min(dim=1)
    area = down * across
    pose, place = best // area, best % area
    return Track(
        row=(place // across) / ART - 1 + seen.row,
        column=(place % across) / ART - 1 + seen.column,
        facing=tuple(poses[index] for index in pose.tolist()),
        found=error.sqrt() < NO_PLAYER,
    )


def read_grid(frames: torch.Tensor, view: View, theme: Theme, player: Track | None = None) -> torch.Tensor:
    """Read the tile at each place: [F SIZE SIZE], values of Tile, UNKNOWN out of sight and behind the player."""
    seen = cells(frames)
    tiles = seen.tiles()  # [F rows columns 3 8 8]
    visible = torch.ones_like(tiles[:, :, :, :1])
    if player is not None:
        visible = _without_player(seen, player, tiles)
    shown = SHOWN[view]
    atlas = _atlas(view, theme, shown).to(tiles)
    errors = torch.stack([((tiles - one).square() * visible).mean(dim=(3, 4, 5)) for one in atlas], dim=-1)
    values = torch.tensor([tile.value for tile in shown], device=tiles.device)
    found = values[errors.argmin(dim=-1)]
    found = torch.where(visible.mean(dim=(3, 4, 5)) < MIN_VISIBLE, UNKNOWN, found)
    rows, columns = found.shape[1:]
    right, below = SIZE - seen.column - columns, SIZE - seen.row - rows
    return pad(found, (seen.column, right, seen.row, below), value=UNKNOWN)


def read_state(frame: torch.Tensor, look: Look) -> State | None:
    """Read the state of the rules from one frame [3 H W] in -1..1 between two actions; None without a player.

    What is out of sight is what the nearest tile in sight is. What the player hides is read from beside it.
    """
    player = read_player(frame[:, None], look.player)
    if not bool(player.found):
        return None
    grid = read_grid(frame[:, None], look.view, look.theme, player)[0]
    rows, columns = (grid != UNKNOWN).any(dim=1).nonzero().flatten(), (grid != UNKNOWN).any(dim=0).nonzero().flatten()
    indices = torch.arange(SIZE, device=grid.device)
    grid = grid[indices.clamp(int(rows[0]), int(rows[-1]))][:, indices.clamp(int(columns[0]), int(columns[-1]))]
    tiles = [[None if value == UNKNOWN else Tile(value) for value in row] for row in grid.tolist()]
    filled = tuple(
        tuple(_hidden(tiles, row, column) if tile is None else tile for column, tile in enumerate(line))
        for row, line in enumerate(tiles)
    )
    return State(look.view, filled, round(float(player.row)), round(float(player.column)), player.facing[0])


def _hidden(tiles: list[list[Tile | None]], row: int, column: int) -> Tile:
    """Say what open ground the player hides: a part of a path, a hole in the ground, or nothing."""
    across = (tiles[row][max(column - 1, 0)], tiles[row][min(column + 1, SIZE - 1)])
    down = (tiles[max(row - 1, 0)][column], tiles[min(row + 1, SIZE - 1)][column])
    if any({*pair} <= {Tile.PATH, None} and Tile.PATH in pair for pair in (across, down)):
        return Tile.PATH
    return Tile.HOLE if all(tile in (Tile.TURF, Tile.DIRT, Tile.HOLE) for tile in across) else Tile.EMPTY


def _atlas(view: View, theme: Theme, shown: tuple[Tile, ...]) -> torch.Tensor:
    """Return the drawings of these tiles: [N 3 8 8] in 0..1."""
    return tile_atlas(view, theme, ART)[[tile.value for tile in shown]]


def _distances(tiles: torch.Tensor, atlas: torch.Tensor) -> torch.Tensor:
    """Compute the mean squared difference of tiles [... D] to each of [N D]: [... N]."""
    return (tiles[..., None, :] - atlas).square().mean(dim=-1)


def _match(pixels: torch.Tensor, colour: Colour) -> tuple[torch.Tensor, list[Direction]]:
    """Compute the mean squared error of the player at each offset: [F N y x], N poses, and the facing of each pose.

    Offsets begin one tile above and left of the first tile. Only pixels that the player covers count. Both are blurred
    a little, so that a soft picture of the player is as good as a sharp one.
    """
    poses = [(facing, striding) for facing in Direction for striding in (False, True)]
    sprites = torch.stack([player_sprite(colour, facing, striding, ART) for facing, striding in poses]).to(pixels)
    smooth = avg_pool2d(sprites, BLUR, stride=1)
    cover = (smooth[:, 3:] > 1 - 1e-4).to(pixels)
    picture = smooth[:, :3] * cover
    padded = avg_pool2d(pad(pixels, (ART, ART, ART, ART), value=0.5), BLUR, stride=1)
    energy = conv2d(padded.square().sum(dim=1, keepdim=True), cover)
    cross = conv2d(padded, picture)
    own = picture.square().sum(dim=(1, 2, 3))[None, :, None, None]
    area = 3 * cover.sum(dim=(1, 2, 3))[None, :, None, None]
    return ((energy - 2 * cross + own) / area).clamp_(min=0), [facing for facing, _ in poses]


def _without_player(seen: Cells, player: Track, tiles: torch.Tensor) -> torch.Tensor:
    """Mark the pixels that the player does not cover: [F rows columns 1 8 8]."""
    count, rows, columns = tiles.shape[:3]
    height, width = (rows + 2) * ART, (columns + 2) * ART
    free = torch.ones(count, height, width, device=tiles.device)
    for frame in range(count):
        if bool(player.found[frame]):
            y = round(float(player.row[frame] - seen.row + 1) * ART)
            x = round(float(player.column[frame] - seen.column + 1) * ART)
            free[frame, y : y + ART, x : x + ART] = 0
    inner = free[:, ART:-ART, ART:-ART].reshape(count, rows, ART, columns, ART)
    return inner.permute(0, 1, 3, 2, 4)[:, :, :, None]

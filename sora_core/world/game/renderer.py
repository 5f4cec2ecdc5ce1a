"""Renders game scenes: tiles from an atlas, and the player over them, at whole pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch

from ...canvas.shapes import VideoShape
from .motion import Truth, truths
from .rules import Grid
from .scenes import SIZE, Scene
from .sprites import player_sprite, tile_atlas

TILES_ACROSS = 8  # of a square frame
TILE_STEP = 4  # tiles are multiples of this many pixels, so that they fit the grid of a VAE


class Window(NamedTuple):
    """What a frame shows of the grid: pixels of a tile, and pixels from the frame's corner to that of the grid."""

    tile: int
    top: int
    left: int


def window(height: int, width: int) -> Window:
    """Return the window of a frame, with the middle of the grid in the middle of the frame."""
    tile = max(TILE_STEP, round((height * width) ** 0.5 / TILES_ACROSS / TILE_STEP) * TILE_STEP)
    return Window(tile, height // 2 - SIZE // 2 * tile, width // 2 - SIZE // 2 * tile)


def render(
    scenes: Sequence[Scene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """Render every frame of every scene: [B 3 F H W] float32 in -1..1. Beyond the grid its edge goes on."""
    frames = torch.empty(len(scenes), 3, *video, device=device)
    for scene, clip in zip(scenes, frames, strict=True):
        _render(scene, clip, fps)
    return frames


def _render(scene: Scene, clip: torch.Tensor, fps: float) -> None:
    """Draw one scene into a clip [3 F H W]."""
    _, count, height, width = clip.shape
    tile, top, left = window(height, width)
    atlas = tile_atlas(scene.wanted.view, scene.wanted.theme, tile).to(clip.device) * 2 - 1
    moments = truths(scene, [frame / fps for frame in range(count)])
    seen: Grid | None = None
    for frame, moment in enumerate(moments):
        if moment.grid is not seen:
            seen = moment.grid
            picture = _tiles(seen, atlas, height, width)
        clip[:, frame] = picture
        _draw_player(clip[:, frame], moment, scene, (tile, top, left))


def _tiles(grid: Grid, atlas: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Draw the grid with tiles [N 3 size size]: [3 H W]."""
    tile, top, left = window(height, width)
    rows, columns = _seen(top, height, tile), _seen(left, width, tile)
    indices = torch.tensor([[grid[row][column].value for column in _clamped(columns)] for row in _clamped(rows)])
    picture = atlas[indices].permute(2, 0, 3, 1, 4).reshape(3, len(rows) * tile, len(columns) * tile)
    down, right = -top - rows.start * tile, -left - columns.start * tile
    return picture[:, down : down + height, right : right + width]


def _seen(origin: int, length: int, tile: int) -> range:
    """Return the rows or columns of which a frame shows at least a part."""
    return range(math.floor(-origin / tile), math.ceil((length - origin) / tile))


def _clamped(indices: range) -> list[int]:
    return [min(max(index, 0), SIZE - 1) for index in indices]


def _draw_player(picture: torch.Tensor, moment: Truth, scene: Scene, place: tuple[int, int, int]) -> None:
    """Draw the player into a picture [3 H W] in -1..1, in place."""
    _, height, width = picture.shape
    tile, top, left = place
    y, x = round(top + moment.row * tile), round(left + moment.column * tile)
    y0, y1, x0, x1 = max(y, 0), min(y + tile, height), max(x, 0), min(x + tile, width)
    if y0 >= y1 or x0 >= x1:
        return
    sprite = player_sprite(scene.wanted.player, moment.facing, moment.striding, tile).to(picture.device)
    sprite = sprite[:, y0 - y : y1 - y, x0 - x : x1 - x]
    coverage = sprite[3:]
    under = picture[:, y0:y1, x0:x1]
    under.mul_(1 - coverage).add_(sprite[:3] * 2 - coverage)

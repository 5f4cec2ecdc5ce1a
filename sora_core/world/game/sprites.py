"""Sprites, drawn as eight by eight letters: tiles in each view and theme, and the player.

A letter is a colour. Sprites of any size are area averages of these drawings.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn.functional import avg_pool2d

from ..palette import Colour
from .attributes import Direction, Theme, View
from .rules import Tile

ART = 8  # letters across a drawing

Rgb = tuple[float, float, float]

# b ground that the player walks on or sky, c its second tone; t turf, d dirt, e its second tone, h hole, i its edge;
# w wall, v its joints; l leaves, m their shade; p path; q its second tone; a water, r its waves; s clouds
THEMES: dict[View, dict[Theme, dict[str, Rgb]]] = {
    View.SIDE: {
        Theme.MEADOW: {"b": (0.53, 0.80, 0.98), "s": (0.96, 0.98, 1.00), "t": (0.36, 0.75, 0.25)},
        Theme.DESERT: {"b": (0.99, 0.84, 0.60), "s": (1.00, 0.95, 0.82), "t": (0.93, 0.72, 0.30)},
        Theme.SNOW: {"b": (0.72, 0.80, 0.90), "s": (0.98, 0.98, 1.00), "t": (0.97, 0.98, 1.00)},
        Theme.CAVE: {"b": (0.15, 0.12, 0.24), "s": (0.25, 0.21, 0.36), "t": (0.45, 0.30, 0.62)},
    },
    View.TOP: {
        Theme.MEADOW: {"b": (0.50, 0.78, 0.33), "c": (0.42, 0.70, 0.28), "p": (0.87, 0.74, 0.52)},
        Theme.DESERT: {"b": (0.93, 0.79, 0.50), "c": (0.87, 0.71, 0.41), "p": (0.78, 0.58, 0.36)},
        Theme.SNOW: {"b": (0.93, 0.96, 0.99), "c": (0.84, 0.89, 0.96), "p": (0.70, 0.78, 0.88)},
        Theme.CAVE: {"b": (0.33, 0.29, 0.42), "c": (0.28, 0.24, 0.36), "p": (0.52, 0.48, 0.60)},
    },
}
SHARED: dict[Theme, dict[str, Rgb]] = {
    Theme.MEADOW: {
        "d": (0.58, 0.38, 0.20), "e": (0.49, 0.31, 0.16), "h": (0.27, 0.17, 0.10), "w": (0.62, 0.63, 0.66),
        "v": (0.42, 0.43, 0.47), "l": (0.16, 0.52, 0.20), "m": (0.10, 0.38, 0.15), "a": (0.24, 0.52, 0.90),
        "r": (0.55, 0.77, 0.98),
    },
    Theme.DESERT: {
        "d": (0.80, 0.53, 0.24), "e": (0.70, 0.44, 0.18), "h": (0.43, 0.26, 0.12), "w": (0.76, 0.40, 0.28),
        "v": (0.55, 0.25, 0.18), "l": (0.36, 0.58, 0.24), "m": (0.24, 0.43, 0.16), "a": (0.15, 0.62, 0.66),
        "r": (0.50, 0.85, 0.85),
    },
    Theme.SNOW: {
        "d": (0.47, 0.56, 0.70), "e": (0.39, 0.48, 0.62), "h": (0.21, 0.27, 0.38), "w": (0.52, 0.66, 0.82),
        "v": (0.33, 0.46, 0.64), "l": (0.18, 0.42, 0.38), "m": (0.11, 0.30, 0.28), "a": (0.16, 0.34, 0.62),
        "r": (0.45, 0.62, 0.85),
    },
    Theme.CAVE: {
        "d": (0.36, 0.29, 0.40), "e": (0.29, 0.23, 0.33), "h": (0.06, 0.05, 0.09), "w": (0.50, 0.48, 0.58),
        "v": (0.32, 0.30, 0.39), "l": (0.30, 0.75, 0.62), "m": (0.18, 0.52, 0.45), "a": (0.85, 0.32, 0.10),
        "r": (0.99, 0.62, 0.20),
    },
}  # fmt: skip
ITEM_COLOURS: dict[str, Rgb] = {
    "o": (0.10, 0.08, 0.12),  # outlines
    "x": (0.72, 0.47, 0.22),  # wood, and its frame
    "y": (0.45, 0.26, 0.10),
    "g": (0.99, 0.82, 0.18),  # gold, and its light
    "G": (1.00, 0.95, 0.60),
    "j": (0.20, 0.80, 0.85),  # jewel, and its light
    "J": (0.75, 0.98, 1.00),
    "W": (1.00, 1.00, 1.00),
}

BACKGROUND = {
    View.SIDE: ("bbbbbbbb",) * 8,
    View.TOP: ("bbbbbbbb", "bbbbbbbb", "bccbbbbb", "bbbbbbbb", "bbbbbbbb", "bbbbbccb", "bbbbbbbb", "bbbbbbbb"),
}
DRAWINGS: dict[Tile, tuple[str, ...]] = {
    Tile.HOLE: ("hhhhhhhh",) * 8,
    Tile.TURF: ("tttttttt", "tttttttt", "tttttttt", "tdttddtt", "dddddddd", "ddddddee", "deeddddd", "dddddddd"),
    Tile.DIRT: ("dddddddd", "deeddddd", "dddddddd", "dddddeed", "dddddddd", "deeddddd", "dddddeed", "dddddddd"),
    Tile.WALL: ("wwwwwwwv", "wwwwwwwv", "wwwwwwwv", "vvvvvvvv", "wwwvwwww", "wwwvwwww", "wwwvwwww", "vvvvvvvv"),
    Tile.CRATE: ("yyyyyyyy", "yxxxxxxy", "yyxxxxyy", "yxyxxyxy", "yxxyyxxy", "yxyxxyxy", "yyxxxxyy", "yyyyyyyy"),
    Tile.COIN: ("........", "..oooo..", ".oGggGo.", ".oGgggo.", ".oggggo.", ".ogggGo.", "..oooo..", "........"),
    Tile.GEM: ("........", "..oooo..", ".oJJjjo.", "oJjjjjjo", ".ojjjjo.", "..ojjo..", "...oo...", "........"),
    Tile.CLOUD: ("........", "........", "..sss...", ".sssss..", "ssssssss", "ssssssss", ".ssssss.", "........"),
    Tile.WATER: ("aaaaaaaa", "aarraaaa", "arrrraaa", "aaaaaaaa", "aaaaaaaa", "aaaaarra", "aaaarrrr", "aaaaaaaa"),
    Tile.PATH: ("pppppppp",) * 8,
    Tile.BUSH: ("........", "..llll..", ".llllll.", "llllllll", "lllmllll", "llmmllml", ".mmmmmm.", "..mmmm.."),
}

# o outline, C the player's colour, W eye, o pupil
PLAYER: dict[Direction, tuple[str, ...]] = {
    Direction.RIGHT: (".oooooo.", "oCCCCCCo", "oCCCWoWo", "oCCCWoWo", "oCCCCCCo", "oCCCCCCo", "oCCCCCCo", ".oo..oo."),
    Direction.DOWN: (".oooooo.", "oCCCCCCo", "oCCCCCCo", "oWWCCWWo", "oWoCCoWo", "oCCCCCCo", "oCCCCCCo", ".oo..oo."),
    Direction.UP: (".oooooo.", "oCCCCCCo", "oCCCCCCo", "oCCCCCCo", "oCCCCCCo", "oCooooCo", "oCCCCCCo", ".oo..oo."),
}
STRIDE = "..oooo.."  # the feet in the middle of a step


@lru_cache(maxsize=64)
def tile_atlas(view: View, theme: Theme, size: int) -> torch.Tensor:
    """Draw all tiles of a view and theme: [tiles 3 size size] in 0..1, in the order of Tile."""
    colours = {**ITEM_COLOURS, **SHARED[theme], **THEMES[view][theme]}
    background = BACKGROUND[view]
    drawings = []
    for tile in Tile:
        above = DRAWINGS.get(tile, background)
        drawings.append([_over(*rows) for rows in zip(above, background, strict=True)])
    pixels = torch.tensor([[[colours.get(letter, colours["b"]) for letter in row] for row in one] for one in drawings])
    return resized(pixels.permute(0, 3, 1, 2), size)


@lru_cache(maxsize=256)
def player_sprite(colour: Colour, facing: Direction, striding: bool, size: int) -> torch.Tensor:
    """Draw the player: [4 size size], its colour times its coverage, and its coverage, in 0..1."""
    mirrored = facing is Direction.LEFT
    rows = PLAYER[Direction.RIGHT if mirrored else facing]
    if striding:
        rows = (*rows[:-1], STRIDE)
    colours = {**ITEM_COLOURS, "C": colour.rgb}
    letters = [row[::-1] if mirrored else row for row in rows]
    pixels = torch.tensor([[(*colours[one], 1.0) if one != "." else (0.0,) * 4 for one in row] for row in letters])
    return resized(pixels.permute(2, 0, 1)[None], size)[0]


def resized(art: torch.Tensor, size: int) -> torch.Tensor:
    """Average drawings [N C 8 8] over the pixels of another size: [N C size size]."""
    return avg_pool2d(art.repeat_interleave(size, dim=2).repeat_interleave(size, dim=3), ART)


def _over(above: str, below: str) -> str:
    return "".join(under if over == "." else over for over, under in zip(above, below, strict=True))

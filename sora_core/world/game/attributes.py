"""Attributes of a game scene (view, theme, player, act, direction), and the held-out combinations."""

from __future__ import annotations

import random
from enum import Enum
from itertools import product
from typing import NamedTuple

from ..palette import Colour


class View(Enum):
    """Where the world is seen from."""

    SIDE = 0
    TOP = 1


class Theme(Enum):
    """Look of the tiles."""

    MEADOW = 0
    DESERT = 1
    SNOW = 2
    CAVE = 3


class Act(Enum):
    """What the player does."""

    WALK = 0
    JUMP = 1
    DIG = 2
    PLACE = 3
    PICK = 4


class Direction(Enum):
    """Where the player goes or looks; `step` is (row, column), rows downwards."""

    LEFT = (0, -1)
    RIGHT = (0, 1)
    UP = (-1, 0)
    DOWN = (1, 0)

    @property
    def step(self) -> tuple[int, int]:
        """Unit vector (row, column)."""
        return self.value


class Feature(Enum):
    """Something that the level has besides the ground."""

    PLATFORM = 0
    CLOUDS = 1
    BUSHES = 2
    WALLS = 3
    POND = 4
    PATH = 5


FEATURES: dict[View, tuple[Feature, ...]] = {
    View.SIDE: (Feature.PLATFORM, Feature.CLOUDS, Feature.BUSHES),
    View.TOP: (Feature.BUSHES, Feature.WALLS, Feature.POND, Feature.PATH),
}
"""Features that a level of each view can have."""

_SIDEWAYS = (Direction.LEFT, Direction.RIGHT)
DIRECTIONS: dict[View, dict[Act, tuple[Direction, ...]]] = {
    View.SIDE: {
        Act.WALK: _SIDEWAYS,
        Act.JUMP: (Direction.UP,),
        Act.DIG: (*_SIDEWAYS, Direction.DOWN),
        Act.PLACE: _SIDEWAYS,
        Act.PICK: _SIDEWAYS,
    },
    View.TOP: {act: tuple(Direction) for act in (Act.WALK, Act.DIG, Act.PLACE, Act.PICK)},
}
"""Directions of each act in each view."""


class Attributes(NamedTuple):
    """One combination of attributes, the unit of prompts and of held-out tests."""

    view: View
    theme: Theme
    player: Colour
    act: Act
    direction: Direction


HELD_OUT_COUNT = 120


def all_combinations() -> list[Attributes]:
    """List every combination, in a fixed order."""
    return [
        Attributes(view, theme, player, act, direction)
        for view, theme, player in product(View, Theme, Colour)
        for act, directions in DIRECTIONS[view].items()
        for direction in directions
    ]


_ALL = tuple(all_combinations())
_HELD_OUT = tuple(random.Random(2025).sample(_ALL, HELD_OUT_COUNT))
_EXCLUDED = frozenset(_HELD_OUT)


def held_out() -> list[Attributes]:
    """List the combinations that training never draws; the same on every machine."""
    return list(_HELD_OUT)


def is_held_out(wanted: Attributes) -> bool:
    """Return whether training never draws this combination."""
    return wanted in _EXCLUDED


def training_combinations() -> list[Attributes]:
    """List all combinations except the held-out ones."""
    return [combination for combination in _ALL if combination not in _EXCLUDED]

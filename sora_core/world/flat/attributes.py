"""Attributes of a scene (shape, colour, background, direction, speed), and the held-out combinations."""

from __future__ import annotations

import random
from enum import Enum
from functools import cache
from itertools import product
from typing import NamedTuple

from ..palette import Colour


class Shape(Enum):
    """Outline of an object."""

    CIRCLE = 0
    SQUARE = 1
    TRIANGLE = 2


class Background(Enum):
    """Background colours; `rgb` in 0..1."""

    BLACK = (0.03, 0.03, 0.03)
    WHITE = (0.96, 0.96, 0.96)
    GRAY = (0.50, 0.50, 0.50)
    NAVY = (0.05, 0.08, 0.32)
    BROWN = (0.36, 0.22, 0.12)

    @property
    def rgb(self) -> tuple[float, float, float]:
        """Red, green and blue in 0..1."""
        return self.value


class Direction(Enum):
    """Direction of the first motion; `step` is (y, x) in image coordinates, y down."""

    LEFT = (0, -1)
    RIGHT = (0, 1)
    UP = (-1, 0)
    DOWN = (1, 0)

    @property
    def step(self) -> tuple[int, int]:
        """Unit vector (y, x)."""
        return self.value

    @property
    def opposite(self) -> Direction:
        """The other way."""
        y, x = self.value
        return Direction((-y, -x))


class Speed(Enum):
    """Range of speeds, as fractions of sqrt(height * width) per second."""

    SLOW = (0.07, 0.10)
    FAST = (0.22, 0.28)

    @property
    def range(self) -> tuple[float, float]:
        """Minimum and maximum."""
        return self.value


class Attributes(NamedTuple):
    """One combination of attributes, the unit of prompts and of held-out tests."""

    shape: Shape
    colour: Colour
    background: Background
    direction: Direction
    speed: Speed


HELD_OUT_COUNT = 200


def all_combinations() -> list[Attributes]:
    """List every combination, in a fixed order."""
    return [Attributes(*values) for values in product(Shape, Colour, Background, Direction, Speed)]


def held_out() -> list[Attributes]:
    """List the 200 combinations that training never draws; the same on every machine."""
    return random.Random(2024).sample(all_combinations(), HELD_OUT_COUNT)


def training_combinations() -> list[Attributes]:
    """List all combinations except the held-out ones."""
    excluded = set(held_out())
    return [combination for combination in all_combinations() if combination not in excluded]


def balanced_combinations() -> list[Attributes]:
    """List the combinations of training that are there in each shape, so that nothing but the shape itself tells it."""
    excluded = set(held_out())
    return [one for one in all_combinations() if not excluded & {one._replace(shape=shape) for shape in Shape}]


@cache
def combinations(*, unseen: bool) -> tuple[Attributes, ...]:
    """Return the held-out combinations, or those of training."""
    return tuple(held_out() if unseen else training_combinations())

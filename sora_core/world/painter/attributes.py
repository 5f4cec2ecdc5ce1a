"""Attributes of painted strokes and of eaten food, and the held-out combinations."""

from __future__ import annotations

import random
from enum import Enum
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from ..palette import Colour

Rgb = tuple[float, float, float]


class Paper(Enum):
    """Tones of the paper, or of the table under food; `rgb` in 0..1."""

    WHITE = (0.96, 0.96, 0.95)
    TAN = (0.80, 0.70, 0.56)
    SLATE = (0.24, 0.27, 0.32)
    BLACK = (0.05, 0.05, 0.06)

    @property
    def rgb(self) -> Rgb:
        """Red, green and blue in 0..1."""
        return self.value


class Path(Enum):
    """Course of a stroke."""

    LINE = 0
    UPRIGHT = 1
    DIAGONAL = 2
    WAVE = 3
    ZIGZAG = 4
    RING = 5


class Way(Enum):
    """Direction in which a course is followed: from the left, downwards where it is upright, or clockwise; or back."""

    ONWARD = 0
    BACK = 1


class Food(Enum):
    """Round things to eat."""

    APPLE = 0
    COOKIE = 1
    DOUGHNUT = 2


class Side(Enum):
    """Side from which food is eaten; `step` is (y, x), y down."""

    LEFT = (0, -1)
    RIGHT = (0, 1)
    TOP = (-1, 0)
    BOTTOM = (1, 0)

    @property
    def step(self) -> tuple[int, int]:
        """Unit vector (y, x)."""
        return self.value


class Stroke(NamedTuple):
    """Attributes of a painted stroke."""

    colour: Colour
    path: Path
    way: Way
    paper: Paper


class Meal(NamedTuple):
    """Attributes of something that is eaten; bites is how many."""

    food: Food
    colour: Colour
    side: Side
    bites: int
    paper: Paper


Wanted = Stroke | Meal
BITES = (1, 2, 3)
HELD_OUT_STROKES, HELD_OUT_MEALS = 80, 160


@lru_cache(maxsize=1)
def _split() -> dict[bool, tuple[tuple[Stroke, ...], tuple[Meal, ...]]]:
    """Split all combinations: True for the held-out ones, False for those of training."""
    strokes = tuple(Stroke(*values) for values in product(Colour, Path, Way, Paper))
    meals = tuple(Meal(*values) for values in product(Food, Colour, Side, BITES, Paper))
    rng = random.Random(2026)
    held_strokes = tuple(rng.sample(strokes, HELD_OUT_STROKES))
    held_meals = tuple(rng.sample(meals, HELD_OUT_MEALS))
    excluded = {*held_strokes, *held_meals}
    return {
        True: (held_strokes, held_meals),
        False: (
            tuple(stroke for stroke in strokes if stroke not in excluded),
            tuple(meal for meal in meals if meal not in excluded),
        ),
    }


def strokes(*, unseen: bool) -> tuple[Stroke, ...]:
    """Return the combinations of strokes that are held out (unseen) or that training draws."""
    return _split()[unseen][0]


def meals(*, unseen: bool) -> tuple[Meal, ...]:
    """Return the combinations of meals that are held out (unseen) or that training draws."""
    return _split()[unseen][1]

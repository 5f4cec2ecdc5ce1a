"""Kinds of scenes beyond one plain body: sizes, two bodies, a camera that moves, a wall that a body passes behind.

Each holds the Attributes of its first body, so that the held-out combinations are the same in all kinds.
"""

from __future__ import annotations

import random
from enum import Enum
from typing import NamedTuple

from .attributes import Attributes, Background, Colour, Direction, Shape, Speed


class Size(Enum):
    """Range of radii, as fractions of sqrt(height * width); a plain body lies between the two."""

    SMALL = (0.11, 0.125)
    LARGE = (0.235, 0.255)

    @property
    def range(self) -> tuple[float, float]:
        """Least and most."""
        return self.value


class Sized(NamedTuple):
    """A body that is small or large."""

    first: Attributes
    size: Size


class Pair(NamedTuple):
    """Two bodies of two colours on one background, in lanes of their own."""

    first: Attributes
    second: Attributes


class Panned(NamedTuple):
    """A body that stands still on striped ground, while the camera moves the way `first` says; its speed is free."""

    first: Attributes


class Hidden(NamedTuple):
    """A fast body that goes behind a wall, left or right, and comes out on the other side."""

    first: Attributes
    wall: Background


Scene = Attributes | Sized | Pair | Panned | Hidden
RICHER = (Sized, Pair, Panned, Hidden)
"""Every kind but the plain one."""

_HORIZONTAL = (Direction.LEFT, Direction.RIGHT)
_VERTICAL = (Direction.UP, Direction.DOWN)


def richer(kind: type[Sized | Pair | Panned | Hidden], first: Attributes, rng: random.Random) -> Scene:
    """A scene of a kind around its first body, the rest drawn; what the kind cannot do is changed in the first body."""
    if kind is Sized:
        return Sized(first, rng.choice(list(Size)))
    if kind is Pair:
        return Pair(first, _partner(first, rng))
    if kind is Panned:
        return Panned(first)
    where = first.direction if first.direction in _HORIZONTAL else rng.choice(_HORIZONTAL)
    wall = rng.choice([colour for colour in Background if colour is not first.background])
    return Hidden(first._replace(direction=where, speed=Speed.FAST), wall)


def bodies(scene: Scene) -> tuple[Attributes, ...]:
    """What each body of a scene is and does."""
    if isinstance(scene, Attributes):
        return (scene,)
    return (scene.first, scene.second) if isinstance(scene, Pair) else (scene.first,)


def _partner(first: Attributes, rng: random.Random) -> Attributes:
    """Another body on the same background that moves along the same axis, in a colour that is not taken for the other.

    Neighbours on the palette (red and orange, cyan and blue) are taken for each other where edges are soft.
    """
    colours = list(Colour)
    place = colours.index(first.colour)
    far = [colour for index, colour in enumerate(colours) if (index - place) % len(colours) not in (0, 1, 7)]
    axis = _HORIZONTAL if first.direction in _HORIZONTAL else _VERTICAL
    return Attributes(
        rng.choice(list(Shape)), rng.choice(far), first.background, rng.choice(axis), rng.choice(list(Speed))
    )

"""Kinds of richer scenes: sizes, two objects, a moving camera, a wall that hides the object.

Each has the Attributes of its first object, so that the held-out combinations are the same in all kinds.
"""

from __future__ import annotations

import random
from enum import Enum
from typing import NamedTuple

from ..palette import Colour
from .attributes import Attributes, Background, Direction, Shape, Speed


class Size(Enum):
    """Range of radii, as fractions of sqrt(height * width); that of a plain object lies between the two."""

    SMALL = (0.11, 0.125)
    LARGE = (0.235, 0.255)

    @property
    def range(self) -> tuple[float, float]:
        """Minimum and maximum."""
        return self.value


class Sized(NamedTuple):
    """A small or large object."""

    first: Attributes
    size: Size


class Pair(NamedTuple):
    """Two objects of different colours on one background, in separate lanes."""

    first: Attributes
    second: Attributes


class Panned(NamedTuple):
    """An object that does not move, on striped ground; the camera moves in the direction of `first`, at any speed."""

    first: Attributes


class Hidden(NamedTuple):
    """A fast object that moves left or right behind a wall and comes out on the other side."""

    first: Attributes
    wall: Background


Scene = Attributes | Sized | Pair | Panned | Hidden
RICHER = (Sized, Pair, Panned, Hidden)
"""Every kind except the plain one."""


class RicherShares(NamedTuple):
    """Share of the scenes of each kind in RICHER, in its order; the others are plain."""

    sized: float = 0.0
    pair: float = 0.0
    panned: float = 0.0
    hidden: float = 0.0

    @classmethod
    def equal(cls, together: float) -> RicherShares:
        """All kinds equally, `together` of the scenes."""
        return cls(*[together / len(RICHER)] * len(RICHER))


USUAL_SHARES = RicherShares.equal(0.3)


_HORIZONTAL = (Direction.LEFT, Direction.RIGHT)
_VERTICAL = (Direction.UP, Direction.DOWN)


def richer(kind: type[Sized | Pair | Panned | Hidden], first: Attributes, rng: random.Random) -> Scene:
    """Sample a scene of a kind with this first object, whose attributes change where the kind requires it."""
    if kind is Sized:
        return Sized(first, rng.choice(list(Size)))
    if kind is Pair:
        return Pair(first, _partner(first, rng))
    if kind is Panned:
        return Panned(first)
    where = first.direction if first.direction in _HORIZONTAL else rng.choice(_HORIZONTAL)
    wall = rng.choice([colour for colour in Background if colour is not first.background])
    return Hidden(first._replace(direction=where, speed=Speed.FAST), wall)


def objects(scene: Scene) -> tuple[Attributes, ...]:
    """Return the attributes of each object in a scene."""
    if isinstance(scene, Attributes):
        return (scene,)
    return (scene.first, scene.second) if isinstance(scene, Pair) else (scene.first,)


def _partner(first: Attributes, rng: random.Random) -> Attributes:
    """Sample another object on the same background that moves along the same axis, in a clearly different colour.

    Neighbours on the palette (red and orange, cyan and blue) are hard to tell apart at soft edges.
    """
    colours = list(Colour)
    own = colours.index(first.colour)
    far = [colour for index, colour in enumerate(colours) if (index - own) % len(colours) not in (0, 1, 7)]
    axis = _HORIZONTAL if first.direction in _HORIZONTAL else _VERTICAL
    return Attributes(
        rng.choice(list(Shape)), rng.choice(far), first.background, rng.choice(axis), rng.choice(list(Speed))
    )

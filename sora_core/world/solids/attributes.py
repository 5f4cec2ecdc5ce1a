"""Attributes of a scene of solids (objects, floor, sky, camera), and the held-out combinations."""

from __future__ import annotations

import random
from enum import Enum
from functools import cache
from itertools import product
from typing import NamedTuple

from ..palette import Colour

Rgb = tuple[float, float, float]


class Shape(Enum):
    """Solid body of an object."""

    SPHERE = 0
    CUBE = 1
    CYLINDER = 2
    CONE = 3


class Motion(Enum):
    """What an object does. LEFT and RIGHT are as the camera sees them at the start."""

    STAND = 0
    LEFT = 1
    RIGHT = 2
    SPIN = 3
    JUMP = 4


class Floor(Enum):
    """Tones of the light and the dark tiles of a checkered floor, in 0..1."""

    STONE = ((0.66, 0.66, 0.67), (0.52, 0.52, 0.54))
    SAND = ((0.86, 0.76, 0.56), (0.73, 0.62, 0.43))
    GRASS = ((0.44, 0.60, 0.30), (0.33, 0.48, 0.22))
    SLATE = ((0.34, 0.38, 0.47), (0.24, 0.28, 0.37))

    @property
    def light(self) -> Rgb:
        """Red, green and blue of the light tiles."""
        return self.value[0]

    @property
    def dark(self) -> Rgb:
        """Red, green and blue of the dark tiles."""
        return self.value[1]


class Sky(Enum):
    """Colours of the sky at the horizon and overhead, and of the light; each in 0..1."""

    DAY = ((0.80, 0.90, 0.98), (0.36, 0.62, 0.94), (1.0, 1.0, 1.0))
    DUSK = ((0.99, 0.72, 0.46), (0.56, 0.33, 0.52), (0.95, 0.84, 0.76))
    NIGHT = ((0.13, 0.15, 0.30), (0.03, 0.03, 0.10), (0.76, 0.80, 0.92))

    @property
    def horizon(self) -> Rgb:
        """Red, green and blue at the horizon."""
        return self.value[0]

    @property
    def zenith(self) -> Rgb:
        """Red, green and blue overhead."""
        return self.value[1]

    @property
    def light(self) -> Rgb:
        """Factors of the light on red, green and blue."""
        return self.value[2]


class Camera(Enum):
    """Path of the camera. ORBIT_LEFT moves it to its own left around the scene; AWAY_LEFT pans left and back."""

    STILL = 0
    ORBIT_LEFT = 1
    ORBIT_RIGHT = 2
    IN = 3
    OUT = 4
    AWAY_LEFT = 5
    AWAY_RIGHT = 6


class Solid(NamedTuple):
    """Attributes of one object."""

    shape: Shape
    colour: Colour
    motion: Motion


class Attributes(NamedTuple):
    """One combination of attributes of a scene with one object, the unit of held-out tests."""

    solid: Solid
    floor: Floor
    sky: Sky
    camera: Camera


SPINNING = (Shape.SPHERE, Shape.CUBE)  # a cylinder or a cone looks the same from all sides
CROSSING = (Motion.LEFT, Motion.RIGHT)
ORBITS = (Camera.ORBIT_LEFT, Camera.ORBIT_RIGHT)
AWAY = (Camera.AWAY_LEFT, Camera.AWAY_RIGHT)
HELD_OUT_SHARE = 0.08


def allowed(solid: Solid, camera: Camera) -> bool:
    """Whether the motion can be seen: no spin of round bodies, no left or right while the camera orbits."""
    if solid.motion is Motion.SPIN and solid.shape not in SPINNING:
        return False
    return not (solid.motion in CROSSING and camera in ORBITS)


@cache
def all_combinations() -> tuple[Attributes, ...]:
    """List every combination, in a fixed order."""
    combinations = (
        Attributes(Solid(shape, colour, motion), floor, sky, camera)
        for shape, colour, motion, floor, sky, camera in product(Shape, Colour, Motion, Floor, Sky, Camera)
    )
    return tuple(one for one in combinations if allowed(one.solid, one.camera))


@cache
def held_out() -> frozenset[Attributes]:
    """Return the combinations that training never draws; the same on every machine."""
    everything = all_combinations()
    return frozenset(random.Random(2026).sample(everything, round(HELD_OUT_SHARE * len(everything))))

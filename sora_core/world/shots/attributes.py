"""Attributes of a clip of several shots: how the camera of each stands; and the held-out combinations.

What the shots show is held out where the solids domain holds it out, so that neither domain teaches what the other one
is tested on.
"""

from __future__ import annotations

from enum import Enum

from ..solids.attributes import Attributes, Camera, Floor, Sky, Solid, held_out


class Framing(Enum):
    """How the camera of a shot stands. LEFT and RIGHT are sides of the scene as the first shot shows it."""

    WIDE = 0
    CLOSE = 1
    LEFT = 2
    RIGHT = 3
    ABOVE = 4


SIDES = (Framing.LEFT, Framing.RIGHT)
FIRST = (Framing.WIDE, Framing.CLOSE, Framing.ABOVE)
"""Framings of a first shot; there is no side before there is a front."""


def framings_after(framing: Framing) -> tuple[Framing, ...]:
    """List the framings that a shot may have after one of `framing`: all others, so that each cut can be seen."""
    return tuple(other for other in Framing if other is not framing)


def is_held_out(solid: Solid, floor: Floor, sky: Sky) -> bool:
    """Whether training never draws this object in these surroundings."""
    return Attributes(solid, floor, sky, Camera.STILL) in held_out()

"""Wordings of the attributes of solids; the first of each list is the plain one.

No word stands for two attributes: colours belong to objects alone, so a sky is never "blue" and a lawn never "green".
"""

from __future__ import annotations

import random
from enum import Enum
from typing import NamedTuple, TypeVar

from ..palette import COLOUR_WORDS
from .attributes import CROSSING, Camera, Floor, Motion, Shape, Sky, Solid

_Wording = TypeVar("_Wording")
PLAIN = 0.6  # probability of the plain wording


class Verb(NamedTuple):
    """Forms of a verb phrase: "it rolls", "it is rolling"."""

    finite: str
    participle: str


NOUNS: dict[Enum, tuple[str, ...]] = {
    Shape.SPHERE: ("sphere", "sphere", "ball", "globe"),
    Shape.CUBE: ("cube", "cube", "box", "block"),
    Shape.CYLINDER: ("cylinder", "cylinder", "drum", "tin can"),
    Shape.CONE: ("cone", "cone", "pointed cone", "party hat"),
    **COLOUR_WORDS,
}

FLOORS: dict[Floor, tuple[str, ...]] = {
    Floor.STONE: ("a stone floor", "a stone floor", "grey stone", "stone tiles", "a gray stone floor"),
    Floor.SAND: ("a sandy floor", "a sandy floor", "sand", "sandy ground", "a floor of sand"),
    Floor.GRASS: ("grass", "grass", "a lawn", "a grassy floor", "a meadow"),
    Floor.SLATE: ("a slate floor", "a slate floor", "dark slate", "slate tiles", "a dark slate floor"),
}

SKIES: dict[Sky, tuple[str, ...]] = {
    Sky.DAY: ("a day sky", "a clear day sky", "a bright day sky", "a sunny sky"),
    Sky.DUSK: ("a dusk sky", "an evening sky", "a sunset sky", "a sky at sunset"),
    Sky.NIGHT: ("a night sky", "a dark night sky", "a dark sky at night", "a midnight sky"),
}

HOURS: dict[Sky, tuple[str, ...]] = {
    Sky.DAY: ("by day", "in daylight", "in the daytime", "on a sunny day", "on a clear day"),
    Sky.DUSK: ("at dusk", "at sunset", "in the evening", "at twilight"),
    Sky.NIGHT: ("at night", "by night", "in the night", "at midnight"),
}

_SIDES: dict[Motion, tuple[str, ...]] = {
    Motion.LEFT: ("to the left", "left", "leftwards", "from right to left", "towards the left"),
    Motion.RIGHT: ("to the right", "right", "rightwards", "from left to right", "towards the right"),
}

_ROLLS = (Verb("rolls", "rolling"), Verb("rolls along", "rolling along"), Verb("moves", "moving"))
_SLIDES = (
    Verb("slides", "sliding"),
    Verb("glides", "gliding"),
    Verb("moves", "moving"),
    Verb("travels", "travelling"),
)
_IN_PLACE: dict[Motion, tuple[Verb, ...]] = {
    Motion.STAND: (
        Verb("stands still", "standing still"),
        Verb("stands", "standing"),
        Verb("stays in place", "staying in place"),
        Verb("rests", "resting"),
        Verb("keeps still", "keeping still"),
    ),
    Motion.SPIN: (
        Verb("spins", "spinning"),
        Verb("spins in place", "spinning in place"),
        Verb("rotates", "rotating"),
        Verb("turns around on the spot", "turning around on the spot"),
        Verb("whirls around", "whirling around"),
    ),
    Motion.JUMP: (
        Verb("jumps up and down", "jumping up and down"),
        Verb("jumps", "jumping"),
        Verb("hops", "hopping"),
        Verb("hops up and down", "hopping up and down"),
        Verb("bounces up and down", "bouncing up and down"),
    ),
}

CAMERAS: dict[Camera, tuple[Verb, ...]] = {
    Camera.STILL: (
        Verb("is still", "standing still"),
        Verb("does not move", "not moving"),
        Verb("is static", "being static"),
        Verb("stays fixed", "staying fixed"),
    ),
    Camera.ORBIT_LEFT: (
        Verb("orbits to the left", "orbiting to the left"),
        Verb("orbits left", "orbiting left"),
        Verb("circles to the left", "circling to the left"),
        Verb("arcs around to the left", "arcing around to the left"),
        Verb("circles around the scene to the left", "circling around the scene to the left"),
    ),
    Camera.ORBIT_RIGHT: (
        Verb("orbits to the right", "orbiting to the right"),
        Verb("orbits right", "orbiting right"),
        Verb("circles to the right", "circling to the right"),
        Verb("arcs around to the right", "arcing around to the right"),
        Verb("circles around the scene to the right", "circling around the scene to the right"),
    ),
    Camera.IN: (
        Verb("moves in", "moving in"),
        Verb("dollies in", "dollying in"),
        Verb("zooms in", "zooming in"),
        Verb("pushes in", "pushing in"),
        Verb("comes closer", "coming closer"),
    ),
    Camera.OUT: (
        Verb("moves out", "moving out"),
        Verb("pulls back", "pulling back"),
        Verb("dollies out", "dollying out"),
        Verb("zooms out", "zooming out"),
        Verb("backs away", "backing away"),
    ),
    Camera.AWAY_LEFT: (
        Verb("pans away to the left and back", "panning away to the left and back"),
        Verb("pans left and back", "panning left and back"),
        Verb("looks away to the left and comes back", "looking away to the left and coming back"),
        Verb("turns away to the left, then returns", "turning away to the left, then returning"),
    ),
    Camera.AWAY_RIGHT: (
        Verb("pans away to the right and back", "panning away to the right and back"),
        Verb("pans right and back", "panning right and back"),
        Verb("looks away to the right and comes back", "looking away to the right and coming back"),
        Verb("turns away to the right, then returns", "turning away to the right, then returning"),
    ),
}

CAMERA_NOUNS: dict[Camera, tuple[str, ...]] = {
    Camera.STILL: ("still camera", "static camera", "static shot", "fixed camera"),
    Camera.ORBIT_LEFT: ("camera orbits left", "orbit to the left", "orbit shot to the left"),
    Camera.ORBIT_RIGHT: ("camera orbits right", "orbit to the right", "orbit shot to the right"),
    Camera.IN: ("camera moves in", "dolly in", "zoom in", "push in"),
    Camera.OUT: ("camera moves out", "dolly out", "zoom out", "pull back"),
    Camera.AWAY_LEFT: ("camera pans left and back", "pan left and back", "pan away to the left and back"),
    Camera.AWAY_RIGHT: ("camera pans right and back", "pan right and back", "pan away to the right and back"),
}


def verbs(solid: Solid) -> tuple[Verb, ...]:
    """List the wordings of what an object does without where it goes: a sphere rolls, other bodies slide."""
    if solid.motion in CROSSING:
        return _ROLLS if solid.shape is Shape.SPHERE else _SLIDES
    return _IN_PLACE[solid.motion]


def pick_noun(value: Enum, rng: random.Random) -> str:
    """Pick the plain word with probability PLAIN, else any wording."""
    return _pick(NOUNS[value], rng)


def pick_floor(floor: Floor, rng: random.Random) -> str:
    """Pick a floor, with its article."""
    return _pick(FLOORS[floor], rng)


def pick_sky(sky: Sky, rng: random.Random) -> str:
    """Pick a sky, with its article."""
    return _pick(SKIES[sky], rng)


def pick_hour(sky: Sky, rng: random.Random) -> str:
    """Pick an hour of the day, with its preposition."""
    return _pick(HOURS[sky], rng)


def pick_verb(solid: Solid, rng: random.Random) -> Verb:
    """Pick what an object does, with where it goes."""
    verb = _pick(verbs(solid), rng)
    if solid.motion not in CROSSING:
        return verb
    where = _pick(_SIDES[solid.motion], rng)
    return Verb(f"{verb.finite} {where}", f"{verb.participle} {where}")


def pick_camera(camera: Camera, rng: random.Random) -> Verb:
    """Pick what "the camera" does."""
    return _pick(CAMERAS[camera], rng)


def pick_camera_noun(camera: Camera, rng: random.Random) -> str:
    """Pick a name for a camera's path, as in a list of key words."""
    return _pick(CAMERA_NOUNS[camera], rng)


def _pick(wordings: tuple[_Wording, ...], rng: random.Random) -> _Wording:
    return wordings[0] if rng.random() < PLAIN else rng.choice(wordings)

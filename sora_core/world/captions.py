"""Captions of a scene in three styles with many wordings, as re-captioned training data has them.

DALL-E 3 (https://cdn.openai.com/papers/dall-e-3.pdf) trains on 95% descriptive synthetic captions; people type terse
ones. The model sees both, and so learns that a left-out attribute is free.
"""

from __future__ import annotations

import random
from enum import Enum

from .attributes import Attributes, Background, Colour, Direction, Shape, Speed


class Style(Enum):
    """How much a caption says."""

    TERSE = 0
    DESCRIPTIVE = 1
    RICH = 2


WORDS: dict[Enum, tuple[str, ...]] = {
    Shape.CIRCLE: ("circle", "circle", "disc", "ball", "round dot"),
    Shape.SQUARE: ("square", "square", "box", "block", "square tile"),
    Shape.TRIANGLE: ("triangle", "triangle", "three-sided shape", "pyramid", "wedge"),
    Colour.RED: ("red", "red", "crimson", "scarlet"),
    Colour.ORANGE: ("orange", "orange", "tangerine"),
    Colour.YELLOW: ("yellow", "yellow", "lemon yellow", "golden"),
    Colour.GREEN: ("green", "green", "emerald"),
    Colour.CYAN: ("cyan", "cyan", "turquoise", "aqua"),
    Colour.BLUE: ("blue", "blue", "azure", "cobalt"),
    Colour.PURPLE: ("purple", "purple", "violet"),
    Colour.PINK: ("pink", "pink", "rose"),
    Background.BLACK: ("black", "black", "jet black"),
    Background.WHITE: ("white", "white", "snow white"),
    Background.GRAY: ("gray", "grey", "mid-gray"),
    Background.NAVY: ("navy", "dark blue", "navy blue"),
    Background.BROWN: ("brown", "dark brown", "chocolate"),
    Direction.LEFT: ("left", "to the left", "leftward", "from right to left", "towards the left edge"),
    Direction.RIGHT: ("right", "to the right", "rightward", "from left to right", "towards the right edge"),
    Direction.UP: ("up", "upward", "upwards", "from bottom to top", "towards the top edge"),
    Direction.DOWN: ("down", "downward", "downwards", "from top to bottom", "towards the bottom edge"),
    Speed.SLOW: ("slowly", "slowly", "gently", "at a slow pace", "unhurriedly"),
    Speed.FAST: ("fast", "quickly", "rapidly", "at high speed", "swiftly"),
}
MOVES = ("moves", "moves", "travels", "glides", "goes", "drifts", "slides")
MOVING = ("moving", "moving", "travelling", "gliding", "going", "sliding")
PLACES = ("on a {} background", "on a {} background", "against a {} background", "in front of a {} backdrop")
OPENINGS = ("a video of", "a short clip of", "an animation of", "footage of")
STILL_OPENINGS = ("a picture of", "an image of", "a still of", "a drawing of")
PLAIN = 0.6  # share of the first word of each list
TERSE_DROP = 0.25  # chance that a terse caption says nothing of the speed


def caption(scene: Attributes, style: Style, rng: random.Random, *, still: bool = False) -> str:
    """Describe a scene; `still` leaves out all motion, for single images."""
    if still:
        return _still(scene, style, rng)
    return _CAPTION[style](scene, rng)


def _pick(value: Enum, rng: random.Random) -> str:
    """The plain word most of the time, else any wording."""
    return WORDS[value][0] if rng.random() < PLAIN else rng.choice(WORDS[value])


def _noun(scene: Attributes, rng: random.Random) -> str:
    return f"{_pick(scene.colour, rng)} {_pick(scene.shape, rng)}"


def _place(scene: Attributes, rng: random.Random) -> str:
    return rng.choice(PLACES).format(_pick(scene.background, rng))


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _terse(scene: Attributes, rng: random.Random) -> str:
    noun, where = _noun(scene, rng), _pick(scene.direction, rng)
    how = "" if rng.random() < TERSE_DROP else f" {_pick(scene.speed, rng)}"
    if rng.random() < 0.5:
        return f"{noun}, {rng.choice(MOVING)} {where}{how}, {_pick(scene.background, rng)} background"
    return f"{_article(noun)} {rng.choice(MOVES)} {where}{how} {_place(scene, rng)}"


def _descriptive(scene: Attributes, rng: random.Random) -> str:
    noun, where, how = _article(_noun(scene, rng)), _pick(scene.direction, rng), _pick(scene.speed, rng)
    return rng.choice(
        (
            f"{noun} {rng.choice(MOVES)} {how} {where} {_place(scene, rng)}.",
            f"{rng.choice(OPENINGS)} {noun} {rng.choice(MOVING)} {where} {how} {_place(scene, rng)}.",
            f"{_place(scene, rng)}, {noun} {rng.choice(MOVES)} {where} {how}.",
        )
    )


def _rich(scene: Attributes, rng: random.Random) -> str:
    background = _pick(scene.background, rng)
    noun, shape = _article(_noun(scene, rng)), _pick(scene.shape, rng)
    where, how = _pick(scene.direction, rng), _pick(scene.speed, rng)
    first = rng.choice(
        (
            f"the scene shows {noun} {_place(scene, rng)}.",
            f"{rng.choice(OPENINGS)} {noun}. the background is plain {background}.",
            f"a plain {background} background fills the frame, and in it there is {noun}.",
        )
    )
    second = rng.choice(
        (
            f"the {shape} {rng.choice(MOVES)} {how} {where} and bounces back when it meets the edge.",
            f"it {rng.choice(MOVES)} {where}, {how}, keeping its shape and its speed.",
            f"starting off {where}, the {shape} {rng.choice(MOVES)} {how} and evenly.",
        )
    )
    return f"{first} {second}"


def _still(scene: Attributes, style: Style, rng: random.Random) -> str:
    noun = _noun(scene, rng)
    if style is Style.TERSE:
        return f"{noun}, {_pick(scene.background, rng)} background"
    return f"{rng.choice(STILL_OPENINGS)} {_article(noun)} {_place(scene, rng)}."


_CAPTION = {Style.TERSE: _terse, Style.DESCRIPTIVE: _descriptive, Style.RICH: _rich}

"""Captions of a scene in three styles with many wordings, like re-captioned training data.

DALL-E 3 (https://cdn.openai.com/papers/dall-e-3.pdf) trains on 95% descriptive synthetic captions, but people type
terse ones. The model trains on both, and learns that an attribute without mention is free.
"""

from __future__ import annotations

import random
from enum import Enum

from ..domain import Style
from ..palette import COLOUR_WORDS
from .attributes import Attributes, Background, Direction, Shape, Speed
from .kinds import Hidden, Pair, Panned, Scene, Size, Sized

WORDS: dict[Enum, tuple[str, ...]] = {
    Shape.CIRCLE: ("circle", "circle", "disc", "ball", "round dot"),
    Shape.SQUARE: ("square", "square", "box", "block", "square tile"),
    Shape.TRIANGLE: ("triangle", "triangle", "three-sided shape", "pyramid", "wedge"),
    **COLOUR_WORDS,
    Background.BLACK: ("black", "black", "jet black"),
    Background.WHITE: ("white", "white", "snow white"),
    Background.GRAY: ("gray", "grey", "mid-gray"),
    Background.NAVY: ("navy", "dark blue", "navy blue"),
    Background.BROWN: ("brown", "dark brown", "chocolate"),
    Direction.LEFT: ("left", "to the left", "leftward", "from right to left", "towards the left edge"),
    Direction.RIGHT: ("right", "to the right", "rightward", "from left to right", "towards the right edge"),
    Direction.UP: ("up", "upward", "upwards", "from bottom to top", "towards the top edge"),
    Direction.DOWN: ("down", "downward", "downwards", "from top to bottom", "towards the bottom edge"),
    Size.SMALL: ("small", "small", "tiny", "little"),
    Size.LARGE: ("large", "large", "big", "huge"),
    Speed.SLOW: ("slowly", "slowly", "gently", "at a slow pace", "unhurriedly"),
    Speed.FAST: ("fast", "quickly", "rapidly", "at high speed", "swiftly"),
}
MOVES = ("moves", "moves", "travels", "glides", "goes", "drifts", "slides")
MOVING = ("moving", "moving", "travelling", "gliding", "going", "sliding")
PLACES = ("on a {} background", "on a {} background", "against a {} background", "in front of a {} backdrop")
OPENINGS = ("a video of", "a short clip of", "an animation of", "footage of")
STILL_OPENINGS = ("a picture of", "an image of", "a still of", "a drawing of")
PLAIN = 0.6  # probability of the first word of each list
TERSE_DROP = 0.25  # probability that a terse caption omits the speed


CAMERA = {
    Direction.LEFT: ("pans left", "pans to the left", "moves left"),
    Direction.RIGHT: ("pans right", "pans to the right", "moves right"),
    Direction.UP: ("tilts up", "tilts upward", "moves up"),
    Direction.DOWN: ("tilts down", "tilts downward", "moves down"),
}


def caption(scene: Scene, style: Style, rng: random.Random, *, still: bool = False) -> str:
    """Describe a scene. still: omit all motion, for single images."""
    if isinstance(scene, Pair):
        return _pair_still(scene, rng) if still else _pair(scene, style, rng)
    if isinstance(scene, Panned):
        return _still(scene.first, style, rng, ground="striped ") if still else _panned(scene.first, style, rng)
    if isinstance(scene, Hidden):
        return _hidden_still(scene, rng) if still else _hidden(scene, style, rng)
    first, size = (scene.first, scene.size) if isinstance(scene, Sized) else (scene, None)
    if still:
        return _still(first, style, rng, size)
    return _CAPTION[style](first, rng, size)


def _pick(value: Enum, rng: random.Random) -> str:
    """Pick the first word with probability PLAIN, else any wording."""
    return WORDS[value][0] if rng.random() < PLAIN else rng.choice(WORDS[value])


def _noun(scene: Attributes, rng: random.Random, size: Size | None = None) -> str:
    how = f"{_pick(size, rng)} " if size else ""
    return f"{how}{_pick(scene.colour, rng)} {_pick(scene.shape, rng)}"


def _place(scene: Attributes, rng: random.Random, ground: str = "") -> str:
    return rng.choice(PLACES).format(ground + _pick(scene.background, rng))


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _terse(scene: Attributes, rng: random.Random, size: Size | None) -> str:
    noun, where = _noun(scene, rng, size), _pick(scene.direction, rng)
    how = "" if rng.random() < TERSE_DROP else f" {_pick(scene.speed, rng)}"
    if rng.random() < 0.5:
        return f"{noun}, {rng.choice(MOVING)} {where}{how}, {_pick(scene.background, rng)} background"
    return f"{_article(noun)} {rng.choice(MOVES)} {where}{how} {_place(scene, rng)}"


def _descriptive(scene: Attributes, rng: random.Random, size: Size | None) -> str:
    noun, where, how = _article(_noun(scene, rng, size)), _pick(scene.direction, rng), _pick(scene.speed, rng)
    return rng.choice(
        (
            f"{noun} {rng.choice(MOVES)} {how} {where} {_place(scene, rng)}.",
            f"{rng.choice(OPENINGS)} {noun} {rng.choice(MOVING)} {where} {how} {_place(scene, rng)}.",
            f"{_place(scene, rng)}, {noun} {rng.choice(MOVES)} {where} {how}.",
        )
    )


def _rich(scene: Attributes, rng: random.Random, size: Size | None) -> str:
    background = _pick(scene.background, rng)
    noun, shape = _article(_noun(scene, rng, size)), _pick(scene.shape, rng)
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


def _still(scene: Attributes, style: Style, rng: random.Random, size: Size | None = None, *, ground: str = "") -> str:
    noun = _noun(scene, rng, size)
    if style is Style.TERSE:
        return f"{noun}, {ground}{_pick(scene.background, rng)} background"
    return f"{rng.choice(STILL_OPENINGS)} {_article(noun)} {_place(scene, rng, ground)}."


def _pair(scene: Pair, style: Style, rng: random.Random) -> str:
    first, second = (_noun(one, rng) for one in (scene.first, scene.second))
    ways = [f"{_pick(one.direction, rng)} {_pick(one.speed, rng)}" for one in (scene.first, scene.second)]
    if style is Style.TERSE:
        return f"{first} {rng.choice(MOVING)} {ways[0]}, {second} {rng.choice(MOVING)} {ways[1]}, " + (
            f"{_pick(scene.first.background, rng)} background"
        )
    first, second = _article(first), _article(second)
    if style is Style.DESCRIPTIVE:
        link = rng.choice((" and ", ", while "))
        clauses = f"{first} {rng.choice(MOVES)} {ways[0]}{link}{second} {rng.choice(MOVES)} {ways[1]}"
        return rng.choice((f"{clauses} {_place(scene.first, rng)}.", f"{_place(scene.first, rng)}, {clauses}."))
    return (
        f"{rng.choice(OPENINGS)} {first} and {second} {_place(scene.first, rng)}. "
        f"the first one {rng.choice(MOVES)} {ways[0]}, the second one {rng.choice(MOVES)} {ways[1]}."
    )


def _pair_still(scene: Pair, rng: random.Random) -> str:
    both = " and ".join(_article(_noun(one, rng)) for one in (scene.first, scene.second))
    return f"{rng.choice(STILL_OPENINGS)} {both} {_place(scene.first, rng)}."


def _panned(scene: Attributes, style: Style, rng: random.Random) -> str:
    noun, camera = _noun(scene, rng), f"the camera {rng.choice(CAMERA[scene.direction])}"
    if style is Style.TERSE:
        return f"{camera}, {noun}, striped {_pick(scene.background, rng)} background"
    place = _place(scene, rng, "striped ")
    if style is Style.DESCRIPTIVE:
        return rng.choice((f"{camera} past {_article(noun)} {place}.", f"{_article(noun)} {place}, {camera}."))
    return f"{rng.choice(OPENINGS)} {_article(noun)} that stands still {place}, while {camera}."


def _hidden(scene: Hidden, style: Style, rng: random.Random) -> str:
    noun, where, wall = _noun(scene.first, rng), _pick(scene.first.direction, rng), f"{_pick(scene.wall, rng)} wall"
    if style is Style.TERSE:
        background = _pick(scene.first.background, rng)
        return f"{noun}, {rng.choice(MOVING)} {where} behind a {wall}, {background} background"
    noun, place = _article(noun), _place(scene.first, rng)
    if style is Style.DESCRIPTIVE:
        how = f" {_pick(scene.first.speed, rng)}"
        return rng.choice(
            (
                f"{noun} {rng.choice(MOVES)} {where}{how} behind a {wall} {place}.",
                f"{place}, {noun} {rng.choice(MOVES)} {where} behind a {wall}{how}.",
            )
        )
    return (
        f"{rng.choice(OPENINGS)} {noun} {rng.choice(MOVING)} {where} {place}. "
        f"it goes behind a {wall} and comes out on the other side."
    )


def _hidden_still(scene: Hidden, rng: random.Random) -> str:
    noun, wall = _article(_noun(scene.first, rng)), f"a {_pick(scene.wall, rng)} wall"
    return f"{rng.choice(STILL_OPENINGS)} {noun} beside {wall} {_place(scene.first, rng)}."


_CAPTION = {Style.TERSE: _terse, Style.DESCRIPTIVE: _descriptive, Style.RICH: _rich}

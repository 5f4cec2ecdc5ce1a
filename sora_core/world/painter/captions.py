"""Captions of painted strokes and of eaten food in three styles with many wordings."""

from __future__ import annotations

import random
from enum import Enum

from ..domain import Style
from ..palette import COLOUR_WORDS
from .attributes import Food, Meal, Paper, Path, Side, Way
from .scenes import Painting, Scene

WORDS: dict[Enum, tuple[str, ...]] = {
    **COLOUR_WORDS,
    Paper.WHITE: ("white", "white", "snow white"),
    Paper.TAN: ("tan", "tan", "beige"),
    Paper.SLATE: ("dark gray", "dark grey", "slate gray"),
    Paper.BLACK: ("black", "black", "jet black"),
    Path.LINE: ("horizontal line", "horizontal line", "level line"),
    Path.UPRIGHT: ("vertical line", "vertical line", "upright line"),
    Path.DIAGONAL: ("diagonal line", "diagonal line", "slanting line"),
    Path.WAVE: ("wave", "wave", "wavy line"),
    Path.ZIGZAG: ("zigzag", "zigzag", "zigzag line"),
    Path.RING: ("ring", "ring", "circle"),
    Food.APPLE: ("apple", "apple", "round apple"),
    Food.COOKIE: ("cookie", "cookie", "iced cookie", "biscuit"),
    Food.DOUGHNUT: ("doughnut", "doughnut", "donut"),
    Side.LEFT: ("from the left", "from the left", "on the left side"),
    Side.RIGHT: ("from the right", "from the right", "on the right side"),
    Side.TOP: ("from the top", "from the top", "from above"),
    Side.BOTTOM: ("from the bottom", "from the bottom", "from below"),
}
ACROSS = {
    Way.ONWARD: ("from left to right", "from left to right", "to the right"),
    Way.BACK: ("from right to left", "from right to left", "to the left"),
}
UPRIGHT_WAYS = {
    Way.ONWARD: ("from top to bottom", "from top to bottom", "downwards"),
    Way.BACK: ("from bottom to top", "from bottom to top", "upwards"),
}
ROUND_WAYS = {Way.ONWARD: ("clockwise",), Way.BACK: ("counterclockwise", "counterclockwise", "anticlockwise")}
BITES = {
    1: ("one bite", "one bite", "a single bite"),
    2: ("two bites", "two bites", "a pair of bites"),
    3: ("three bites", "three bites"),
}
BRUSHES = ("a brush", "a brush", "a paintbrush")
PAINTS = ("paints", "paints", "draws")
OPENINGS = ("a video of", "a short clip of", "footage of")
STILL_OPENINGS = ("a picture of", "an image of", "a still of")
PLAIN = 0.6  # probability of the first word of each list
TERSE_DROP = 0.25  # probability that a terse caption omits the way, or the number of bites


def caption(scene: Scene, style: Style, rng: random.Random, *, still: bool = False) -> str:
    """Describe a scene. still: omit all motion, for single images; they show the first moment."""
    if isinstance(scene, Painting):
        return _still_stroke(scene, style, rng) if still else _STROKE[style](scene, rng)
    return _still_meal(scene.wanted, style, rng) if still else _MEAL[style](scene.wanted, rng)


def pick(words: tuple[str, ...], rng: random.Random) -> str:
    """Pick the first wording with probability PLAIN, else any."""
    return words[0] if rng.random() < PLAIN else rng.choice(words)


def way_words(path: Path, way: Way, *, mirrored: bool = False) -> tuple[str, ...]:
    """Return the wordings of the way along a course. mirrored: a diagonal rises to the right."""
    if path is Path.DIAGONAL:
        left, right = ("bottom left", "top right") if mirrored else ("top left", "bottom right")
        begin, end = (left, right) if way is Way.ONWARD else (right, left)
        return (f"from the {begin} to the {end}", f"from the {begin} to the {end}", f"from {begin} to {end}")
    if path is Path.RING:
        return ROUND_WAYS[way]
    return UPRIGHT_WAYS[way] if path is Path.UPRIGHT else ACROSS[way]


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _figure(scene: Painting, rng: random.Random) -> str:
    thick = rng.choice(("", "", "thick "))
    return _a(f"{thick}{pick(WORDS[scene.wanted.colour], rng)} {pick(WORDS[scene.wanted.path], rng)}")


def _way(scene: Painting, rng: random.Random) -> str:
    return pick(way_words(scene.wanted.path, scene.wanted.way, mirrored=scene.mirrored), rng)


def _paper(scene: Painting, rng: random.Random) -> str:
    return f"{pick(WORDS[scene.wanted.paper], rng)} paper"


def _terse_stroke(scene: Painting, rng: random.Random) -> str:
    way = "" if rng.random() < TERSE_DROP else f" {_way(scene, rng)}"
    if rng.random() < 0.5:
        return f"{rng.choice(BRUSHES)} {rng.choice(PAINTS)} {_figure(scene, rng)}{way}, {_paper(scene, rng)}"
    figure = f"{pick(WORDS[scene.wanted.colour], rng)} {pick(WORDS[scene.wanted.path], rng)}"
    return f"painting {_a(figure)}{way} on {_paper(scene, rng)}"


def _descriptive_stroke(scene: Painting, rng: random.Random) -> str:
    brush, paints, figure = rng.choice(BRUSHES), rng.choice(PAINTS), _figure(scene, rng)
    way, paper = _way(scene, rng), _paper(scene, rng)
    return rng.choice(
        (
            f"{brush} {paints} {figure} {way} on {paper}.",
            f"on {paper}, {brush} {paints} {figure} {way}.",
            f"{rng.choice(OPENINGS)} {brush} that {paints} {figure} on {paper}, {way}.",
        )
    )


def _rich_stroke(scene: Painting, rng: random.Random) -> str:
    colour = pick(WORDS[scene.wanted.colour], rng)
    first = rng.choice(
        (
            f"a sheet of {_paper(scene, rng)} fills the frame.",
            f"{rng.choice(OPENINGS)} a painting on {_paper(scene, rng)}.",
            f"the picture shows plain {_paper(scene, rng)}.",
        )
    )
    second = rng.choice(
        (
            f"a brush with a wooden handle and {colour} paint {rng.choice(PAINTS)} {_figure(scene, rng)}",
            f"{rng.choice(BRUSHES)} with a wooden handle comes along and {rng.choice(PAINTS)} {_figure(scene, rng)}",
        )
    )
    third = rng.choice(("the paint stays.", "then the brush goes away and the paint stays.", "what is painted stays."))
    return f"{first} {second} {_way(scene, rng)}. {third}"


def _still_stroke(scene: Painting, style: Style, rng: random.Random) -> str:
    colour, paper = pick(WORDS[scene.wanted.colour], rng), _paper(scene, rng)
    if style is Style.TERSE:
        return f"a brush with {colour} paint, {paper}"
    wood = "with a wooden handle and" if style is Style.RICH else "with"
    return f"{rng.choice(STILL_OPENINGS)} {rng.choice(BRUSHES)} {wood} {colour} paint on {paper}."


def _thing(wanted: Meal, rng: random.Random) -> str:
    return f"{pick(WORDS[wanted.colour], rng)} {pick(WORDS[wanted.food], rng)}"


def _table(wanted: Meal, rng: random.Random) -> str:
    return f"{pick(WORDS[wanted.paper], rng)} {rng.choice(('table', 'table', 'background'))}"


def _terse_meal(wanted: Meal, rng: random.Random) -> str:
    count = "" if rng.random() < TERSE_DROP else f", {pick(BITES[wanted.bites], rng)}"
    return f"{_a(_thing(wanted, rng))} is eaten {pick(WORDS[wanted.side], rng)}{count}, {_table(wanted, rng)}"


def _descriptive_meal(wanted: Meal, rng: random.Random) -> str:
    thing, side, bites = _a(_thing(wanted, rng)), pick(WORDS[wanted.side], rng), pick(BITES[wanted.bites], rng)
    table = _table(wanted, rng)
    return rng.choice(
        (
            f"{thing} on a {table} is eaten {side}, {bites}.",
            f"{bites} {side} are taken of {thing} on a {table}." if wanted.bites > 1 else
            f"{bites} {side} is taken of {thing} on a {table}.",
            f"{rng.choice(OPENINGS)} {thing} on a {table}, eaten bite by bite {side}: {bites}.",
        )
    )  # fmt: skip


def _rich_meal(wanted: Meal, rng: random.Random) -> str:
    food, looks = pick(WORDS[wanted.food], rng), rng.choice(LOOKS[wanted.food])
    side, bites = pick(WORDS[wanted.side], rng), pick(BITES[wanted.bites], rng)
    first = rng.choice(
        (
            f"{_a(_thing(wanted, rng))} {looks} lies on a {_table(wanted, rng)}.",
            f"{rng.choice(OPENINGS)} {_a(_thing(wanted, rng))} {looks} on a {_table(wanted, rng)}.",
        )
    )
    second = rng.choice(
        (
            f"someone unseen eats the {food} {side}, {bites} in all.",
            f"{bites} of the {food} {'go' if wanted.bites > 1 else 'goes'}, {side}.",
        )
    )
    return f"{first} {second} {rng.choice(('what is eaten stays gone.', 'it does not grow back.', 'the rest stays.'))}"


LOOKS = {
    Food.APPLE: ("with a stem and a green leaf", "with a brown stem and a leaf"),
    Food.COOKIE: ("with icing and chocolate chips", "with four chocolate chips"),
    Food.DOUGHNUT: ("with icing and a hole in the middle", "with a hole"),
}


def _still_meal(wanted: Meal, style: Style, rng: random.Random) -> str:
    if style is Style.TERSE:
        return f"{_thing(wanted, rng)}, {_table(wanted, rng)}"
    looks = f" {rng.choice(LOOKS[wanted.food])}" if style is Style.RICH else ""
    return f"{rng.choice(STILL_OPENINGS)} {_a(_thing(wanted, rng))}{looks} on a {_table(wanted, rng)}."


_STROKE = {Style.TERSE: _terse_stroke, Style.DESCRIPTIVE: _descriptive_stroke, Style.RICH: _rich_stroke}
_MEAL = {Style.TERSE: _terse_meal, Style.DESCRIPTIVE: _descriptive_meal, Style.RICH: _rich_meal}

"""Scenes of the painter in words: a stroke of a brush, or food that is eaten bite by bite."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ...world import Colour, Style
from ...world.painter.attributes import BITES as BITE_COUNTS
from ...world.painter.attributes import Food, Meal, Paper, Path, Side, Stroke, Way
from ...world.painter.captions import BITES, BRUSHES, LOOKS, OPENINGS, STILL_OPENINGS, WORDS, caption, way_words
from ...world.painter.scenes import Painting, Scene, sample_scene
from ..facts import Fact, Kind
from .protocol import Table
from .tags import Lexicon, OutsideError, Role, Token

SIGNS = frozenset(("brush", "paintbrush", "paints", "painting", "paper", "stroke", "line", "wave", "zigzag"))
"""Words of which each shows that a prompt is of this domain."""
STROKE, FOOD, PAPER = "the stroke", "the food", "what is below"
SECONDS = 2.0
COURSES = [(path, way, mirrored) for path in Path for way in Way for mirrored in (False, True)]


def direction_of(path: Path, way: Way, mirrored: bool) -> str:
    """Name where a course goes."""
    return way_words(path, way, mirrored=mirrored)[-1]


def _lexicon() -> Lexicon:
    words = Lexicon()
    words.table(Role.COLOUR, WORDS, Colour)
    words.table(Role.GROUND, WORDS, Paper)
    words.table(Role.PATH, WORDS, Path)
    words.add(Role.PATH, "line", ("straight line",))
    words.add(Role.PATH, "any", ("line", "stroke"))
    words.table(Role.FOOD, WORDS, Food)
    words.table(Role.SIDE, WORDS, Side)
    for path, way, mirrored in COURSES:
        said = dict.fromkeys(way_words(path, way, mirrored=mirrored))
        words.add(Role.WAY, direction_of(path, way, mirrored), said)
    for count, wordings in BITES.items():
        words.add(Role.BITES, str(count), dict.fromkeys(wordings))
        words.add(Role.BITES, str(count), (f"{count} bites", f"{count} bite"))
    words.add(Role.BACKGROUND, "", ("paper", "table", "background"))
    words.fill(" ".join((*BRUSHES, *OPENINGS, "picture image paints draws painting drawing paint draw painted")))
    words.fill_phrases(STILL_OPENINGS)
    words.fill("thick on with wooden handle sheet fills frame picture shows plain comes along stays goes away what")
    words.fill("eaten in all go lies unseen someone eats rest taken eat")
    words.fill_phrases(looks for wordings in LOOKS.values() for looks in wordings)
    words.fill_phrases(("bite by bite", "it does not grow back", "what is eaten stays gone", "of the"))
    return words


class PainterGrammar:
    """Grammar of the painter domain."""

    name = "painter"
    about = "a brush that paints a stroke on paper, and an apple, a cookie or a doughnut that is eaten"

    def __init__(self) -> None:
        self.lexicon = _lexicon()

    def read(self, tokens: Sequence[Token]) -> tuple[Fact, ...]:
        """See Grammar."""
        meal = any(token.role in (Role.FOOD, Role.BITES) for token in tokens)
        if not meal and not any(SIGNS & set(token.text.split()) for token in tokens):
            return ()  # what it says is of no domain, or of another one
        about, table = FOOD if meal else STROKE, Table()
        for token, after in zip(tokens, [*tokens[1:], None], strict=True):
            if token.role is Role.COLOUR:
                table.put(Kind.COLOUR, token.value, about)
            elif token.role is Role.GROUND:
                if after is None or after.role is not Role.BACKGROUND:
                    raise OutsideError(f"'{token.text}' is a colour of paper and of tables alone")
                table.put(Kind.SETTING, token.value, PAPER)
            elif token.role is Role.FOOD or (token.role is Role.PATH and token.value != "any"):
                table.put(Kind.OBJECT, token.value, about)
            elif token.role is Role.BITES:
                table.put(Kind.COUNT, token.value, "bites")
            elif token.role is Role.SIDE:
                table.put(Kind.DIRECTION, token.value, "the bites")
            elif token.role is Role.WAY:
                table.put(Kind.DIRECTION, token.value, about)
        return (*table.facts(), Fact(Kind.ACTION, "eaten" if meal else "painted", about))

    def write(self, facts: Sequence[Fact], style: Style, rng: random.Random) -> str:
        """See Grammar."""
        table = Table(facts)
        eaten = table.get(Kind.ACTION, FOOD) is not None
        return caption(_meal(table, rng) if eaten else _stroke(table, rng), style, rng)


def _stroke(table: Table, rng: random.Random) -> Painting:
    shape, way = table.get(Kind.OBJECT, STROKE), table.get(Kind.DIRECTION, STROKE)
    courses = [
        course for course in COURSES if shape in (None, course[0].name.lower()) and way in (None, direction_of(*course))
    ]
    if not courses:
        raise OutsideError(f"a {shape} is not painted {way}")
    path, onward, mirrored = rng.choice(courses)
    colour = table.pick(Kind.COLOUR, STROKE, Colour, rng)
    wanted = Stroke(colour, path, onward, table.pick(Kind.SETTING, PAPER, Paper, rng))
    scene = sample_scene(wanted, rng, SECONDS)
    assert isinstance(scene, Painting)
    return replace(scene, mirrored=mirrored)


def _meal(table: Table, rng: random.Random) -> Scene:
    if table.get(Kind.DIRECTION, FOOD) is not None:
        raise OutsideError("food is eaten from the left, the right, the top or the bottom")
    count = table.get(Kind.COUNT, "bites")
    wanted = Meal(
        table.pick(Kind.OBJECT, FOOD, Food, rng),
        table.pick(Kind.COLOUR, FOOD, Colour, rng),
        table.pick(Kind.DIRECTION, "the bites", Side, rng),
        rng.choice(BITE_COUNTS) if count is None else int(count),
        table.pick(Kind.SETTING, PAPER, Paper, rng),
    )
    return sample_scene(wanted, rng, SECONDS)

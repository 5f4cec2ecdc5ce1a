"""Captions say what is shown in many wordings; those of still pictures say nothing of motion."""

import random

import pytest

from sora_core.world.flat import (
    RICHER,
    Attributes,
    Background,
    Colour,
    Direction,
    Shape,
    Speed,
    Style,
    caption,
    held_out,
    richer,
)
from sora_core.world.flat.attributes import all_combinations
from sora_core.world.flat.captions import CAMERA, MOVES, MOVING, WORDS

WANTED = Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.FAST)


@pytest.mark.parametrize("style", [Style.DESCRIPTIVE, Style.RICH])
def test_detailed_captions_name_every_attribute(style: Style) -> None:
    rng = random.Random(0)
    for wanted in rng.sample(all_combinations(), 200):
        text = caption(wanted, style, rng)
        for value in wanted:
            assert any(word in text for word in WORDS[value]), (text, value)


def test_no_wording_stands_for_two_values() -> None:
    words = [word for synonyms in WORDS.values() for word in set(synonyms)]
    assert len(words) == len(set(words))


def spaced(text: str) -> str:
    """The text with a space around each word and no punctuation, to look for wordings of several words."""
    return f" {text.replace(',', ' ').replace('.', ' ')} "


def test_still_captions_say_nothing_of_motion() -> None:
    rng = random.Random(0)
    motion = [word for value in (*Direction, *Speed) for word in WORDS[value]] + [*MOVES, *MOVING]
    moving = caption(WANTED, Style.TERSE, rng)
    assert any(f" {word} " in spaced(moving) for word in motion)
    for style in Style:
        for wanted in held_out():
            text = spaced(caption(wanted, style, rng, still=True))
            assert [word for word in motion if f" {word} " in text] == []


def test_captions_vary() -> None:
    rng = random.Random(0)
    assert len({caption(WANTED, Style.RICH, rng) for _ in range(100)}) > 90


@pytest.mark.parametrize("style", Style)
def test_richer_captions_say_what_makes_them_richer(style: Style) -> None:
    rng = random.Random(1)
    for first in rng.sample(all_combinations(), 100):
        sized, pair, panned, hidden = (richer(kind, first, rng) for kind in RICHER)
        texts = [caption(scene, style, rng) for scene in (sized, pair, panned, hidden)]
        assert any(f"{word} " in texts[0] for word in WORDS[sized.size])
        for one in (pair.first, pair.second):
            assert any(word in texts[1] for word in WORDS[one.colour])
        assert any(f"the camera {words}" in texts[2] for words in CAMERA[first.direction])
        assert any(f"{word} wall" in texts[3] for word in WORDS[hidden.wall])


@pytest.mark.parametrize("kind", RICHER, ids=lambda kind: kind.__name__)
def test_still_captions_of_richer_scenes_say_nothing_of_motion(kind: type) -> None:
    rng = random.Random(0)
    motion = [word for value in (*Direction, *Speed) for word in WORDS[value]] + [*MOVES, *MOVING, "camera"]
    for style in Style:
        for first in held_out()[:50]:
            text = spaced(caption(richer(kind, first, rng), style, rng, still=True))
            assert [word for word in motion if f" {word} " in text] == []

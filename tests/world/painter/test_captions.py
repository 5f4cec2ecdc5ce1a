"""Captions of strokes and meals say what is shown in many wordings; those of stills say nothing of motion."""

import random
from itertools import pairwise

import pytest

from sora_core.world import Style
from sora_core.world.painter import Eating, Painting, Path, Scene, Way, meals, strokes
from sora_core.world.painter.captions import BITES, PAINTS, WORDS, caption, way_words
from sora_core.world.painter.scenes import sample_scene

MOTION = [*PAINTS, "painting", "eaten", "eats", "bite", "bites", "taken", "goes", "go", "stays"]


def scenes(count: int) -> list[Scene]:
    rng = random.Random(1)
    wanted = [*rng.sample(strokes(unseen=False), count // 2), *rng.sample(meals(unseen=False), count // 2)]
    return [sample_scene(one, rng, 2.0) for one in wanted]


@pytest.mark.parametrize("style", [Style.DESCRIPTIVE, Style.RICH])
def test_detailed_captions_name_every_attribute(style: Style) -> None:
    rng = random.Random(0)
    for scene in scenes(300):
        text = caption(scene, style, rng)
        if isinstance(scene, Painting):
            asked = [WORDS[value] for value in (scene.wanted.colour, scene.wanted.path, scene.wanted.paper)]
            asked.append(way_words(scene.wanted.path, scene.wanted.way, mirrored=scene.mirrored))
        else:
            meal = scene.wanted
            asked = [WORDS[value] for value in (meal.food, meal.colour, meal.side, meal.paper)] + [BITES[meal.bites]]
        for words in asked:
            assert any(word in text for word in words), (text, words)


def test_terse_captions_name_the_thing_and_the_paper() -> None:
    rng = random.Random(0)
    for scene in scenes(200):
        text = caption(scene, Style.TERSE, rng)
        thing = scene.wanted.path if isinstance(scene, Painting) else scene.wanted.food
        for value in (thing, scene.wanted.colour, scene.wanted.paper):
            assert any(word in text for word in WORDS[value]), (text, value)


def test_no_wording_stands_for_two_values() -> None:
    words = [word for synonyms in WORDS.values() for word in set(synonyms)]
    shared = {"black", "white"}  # papers alone: no paint has these colours
    assert len(words) == len(set(words))
    assert shared <= set(words)


@pytest.mark.parametrize("path", Path)
def test_the_two_ways_along_a_course_have_words_of_their_own(path: Path) -> None:
    for mirrored in (False, True):
        onward, back = (set(way_words(path, way, mirrored=mirrored)) for way in Way)
        assert not onward & back


@pytest.mark.parametrize("style", Style)
def test_still_captions_say_nothing_of_motion(style: Style) -> None:
    rng = random.Random(0)
    for scene in scenes(200):
        text = f" {caption(scene, style, rng, still=True)} ".replace(",", " ").replace(".", " ")
        assert [word for word in MOTION if f" {word} " in text] == []


@pytest.mark.parametrize("style", Style)
def test_captions_vary(style: Style) -> None:
    rng = random.Random(0)
    for scene in (scenes(2)[0], scenes(2)[1]):
        assert len({caption(scene, style, rng) for _ in range(200)}) > 30


@pytest.mark.parametrize("style", Style)
def test_captions_have_the_right_article(style: Style) -> None:
    rng = random.Random(0)
    for scene in scenes(300):
        for still in (False, True):
            words = caption(scene, style, rng, still=still).replace(",", "").split()
            for article, noun in pairwise(words):
                if article in ("a", "an"):
                    assert article == ("an" if noun[0] in "aeiou" else "a"), words


def test_one_bite_is_one() -> None:
    rng = random.Random(0)
    for scene in scenes(300):
        if isinstance(scene, Eating):
            text = caption(scene, Style.DESCRIPTIVE, rng)
            assert ("bites" in text) == (scene.wanted.bites > 1)

"""Captions of the game say what is shown in many wordings; those of still pictures say nothing of motion."""

import random

import pytest

from sora_core.world import Style
from sora_core.world.game import Act, Direction, Scene, Theme, Tile, View
from sora_core.world.game.attributes import all_combinations
from sora_core.world.game.captions import (
    DIGS,
    PICKS,
    PLACE_WORDS,
    PLACES_DOWN,
    PREFIX,
    SIDES,
    WALKS,
    WAYS,
    WORDS,
    caption,
    feature_words,
)
from sora_core.world.game.scenes import sample_scene

VERBS = {
    Act.WALK: WALKS,
    Act.JUMP: ("jumps",),
    Act.DIG: (*DIGS, "digs"),
    Act.PLACE: PLACES_DOWN,
    Act.PICK: PICKS,
}
MOTION = [verb for verbs in VERBS.values() for verb in verbs] + ["then", "falls", "stands still"]


def scenes(count: int, ticks: int = 4) -> list[Scene]:
    rng = random.Random(1)
    return [sample_scene(wanted, rng, ticks) for wanted in rng.choices(all_combinations(), k=count)]


def theme_words(theme: Theme) -> tuple[str, ...]:
    return (*WORDS[theme], *PLACE_WORDS.get(theme, ()))


@pytest.mark.parametrize("style", Style)
def test_every_caption_begins_the_same(style: Style) -> None:
    rng = random.Random(0)
    for scene in scenes(30):
        assert caption(scene, style, rng).startswith(PREFIX)
        assert caption(scene, style, rng, still=True).startswith(PREFIX)


@pytest.mark.parametrize("style", [Style.DESCRIPTIVE, Style.RICH])
def test_detailed_captions_name_every_attribute(style: Style) -> None:
    rng = random.Random(0)
    for scene in scenes(200):
        text = caption(scene, style, rng)
        for words in (WORDS[scene.wanted.view], WORDS[scene.wanted.player], theme_words(scene.wanted.theme)):
            assert any(word in text for word in words), (text, words)


@pytest.mark.parametrize("style", Style)
def test_captions_tell_all_that_the_player_does_in_its_order(style: Style) -> None:
    rng = random.Random(0)
    for scene in scenes(200, 8):
        text = caption(scene, style, rng)
        for told in scene.told:
            found = [text.find(f"{verb} ") for verb in VERBS[told.act]] + [text.find(verb) for verb in ("jumps",)]
            at = min([place for place in found if place >= 0], default=-1)
            assert at >= 0, (text, told)
        assert text.count(", then ") == len(scene.told) - 1


def test_directions_are_told() -> None:
    rng = random.Random(0)
    for scene in scenes(200):
        text = caption(scene, Style.DESCRIPTIVE, rng)
        for told in scene.told:
            words = WAYS[told.direction] if told.act in (Act.WALK, Act.PICK) else SIDES[told.direction]
            if told.act is not Act.JUMP and (told.direction, scene.wanted.view) != (Direction.DOWN, View.SIDE):
                assert any(word in text for word in words), (text, told)


def test_rich_captions_name_all_that_is_seen() -> None:
    rng = random.Random(0)
    for scene in scenes(300):
        text = caption(scene, Style.RICH, rng)
        for feature in scene.features:
            assert any(word in text for word in feature_words(feature, scene.wanted.theme)), (text, feature)
        for tile in (Tile.CRATE, Tile.COIN, Tile.GEM):
            if any(tile in row for row in scene.start.grid):
                assert any(word in text for word in WORDS[tile]), (text, tile)


def test_no_wording_stands_for_two_values() -> None:
    words = [word for synonyms in WORDS.values() for word in set(synonyms)]
    words += [word for synonyms in WAYS.values() for word in set(synonyms)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("style", Style)
def test_still_captions_say_nothing_of_motion(style: Style) -> None:
    rng = random.Random(0)
    for scene in scenes(200):
        text = f" {caption(scene, style, rng, still=True)} ".replace(",", " ").replace(".", " ")
        assert [word for word in MOTION if f" {word} " in text] == []


@pytest.mark.parametrize("style", Style)
def test_captions_vary(style: Style) -> None:
    rng = random.Random(0)
    scene = scenes(1)[0]
    assert len({caption(scene, style, rng) for _ in range(200)}) > 40


@pytest.mark.parametrize("style", Style)
def test_captions_are_plain_sentences(style: Style) -> None:
    rng = random.Random(0)
    for scene in scenes(200, 8):
        for still in (False, True):
            text = caption(scene, style, rng, still=still)
            assert text == text.lower().strip()
            assert "  " not in text
            assert " a a" not in text
            assert " a orange" not in text
            assert " a emerald" not in text

"""Scenes of the game domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

import random

import pytest

from scene_facts import stated_facts
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.expander import GrammarExpander
from sora_core.language.grammar.game import GameGrammar
from sora_core.language.grammar.tags import OutsideError, split_words
from sora_core.world import DOMAINS, Style

GRAMMAR, DOMAIN = GameGrammar(), DOMAINS["game"]


def read(text: str) -> set[Fact]:
    tokens, unknown = GRAMMAR.lexicon.scan(split_words(text))
    assert unknown == []
    return set(GRAMMAR.read(tokens))


def test_a_detailed_caption_states_all_that_the_scene_has():
    rng = random.Random(11)
    for number in range(60):
        scene = DOMAIN.sample(rng, unseen=number % 2 > 0)
        text = DOMAIN.caption(scene, Style.RICH, rng)
        assert stated_facts("game", scene) <= read(text), text


@pytest.mark.parametrize("still", [False, True])
@pytest.mark.parametrize("style", Style)
def test_every_caption_is_read_whole_and_contradicts_nothing(style, still):
    rng = random.Random(12)
    for _ in range(40):
        scene = DOMAIN.sample(rng)
        text = DOMAIN.caption(scene, style, rng, still=still)
        values = {(fact.kind, fact.about): fact.value for fact in stated_facts("game", scene) if fact.about}
        for fact in read(text):
            assert values.get((fact.kind, fact.about), fact.value) == fact.value, text


def expand(prompt: str) -> str:
    return GrammarExpander(["game"]).expand(prompt, seed=4).text


@pytest.mark.parametrize(
    "prompt",
    [
        "player jumps",
        "pixel game",
        "a hero in a cave with lava",
        "blue player walks right, then digs away a crate on its right",
        "player walks left until a wall stops it",
        "side view, clouds, player picks up a gem",
        "desert seen from above",
    ],
)
def test_a_partial_prompt_keeps_what_it_says(prompt):
    assert read(prompt) <= read(expand(prompt))


def test_the_player_does_nothing_more_than_it_is_told():
    assert Fact(Kind.COUNT, "1", "deeds") in read(expand("red player walks left in a desert"))


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("side view, player walks up", "no player does this in this view"),
        ("a player on a meadow with lava", "mist and lava are in caves"),
        ("a cave with a pond, player walks left", "no clouds and ponds"),
        ("player jumps, then walks left, then jumps, then walks right", "at most 3 things"),
        ("a red player and a blue player", "cannot be both red and blue"),
    ],
)
def test_what_no_level_has_is_refused(prompt, why):
    with pytest.raises(OutsideError, match=why):
        expand(prompt)

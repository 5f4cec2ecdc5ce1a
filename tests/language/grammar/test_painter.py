"""Scenes of the painter domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

import random

import pytest

from scene_facts import stated_facts
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.expander import GrammarExpander
from sora_core.language.grammar.painter import PainterGrammar
from sora_core.language.grammar.tags import OutsideError, split_words
from sora_core.world import DOMAINS, Style

GRAMMAR, DOMAIN = PainterGrammar(), DOMAINS["painter"]


def read(text: str) -> set[Fact]:
    tokens, unknown = GRAMMAR.lexicon.scan(split_words(text))
    assert unknown == []
    return set(GRAMMAR.read(tokens))


def test_a_detailed_caption_states_all_that_the_scene_has():
    rng = random.Random(11)
    for number in range(60):
        scene = DOMAIN.sample(rng, unseen=number % 2 > 0)
        text = DOMAIN.caption(scene, Style.RICH, rng)
        assert stated_facts("painter", scene) <= read(text), text


@pytest.mark.parametrize("still", [False, True])
@pytest.mark.parametrize("style", Style)
def test_every_caption_is_read_whole_and_contradicts_nothing(style, still):
    rng = random.Random(12)
    for _ in range(40):
        scene = DOMAIN.sample(rng)
        text = DOMAIN.caption(scene, style, rng, still=still)
        values = {(fact.kind, fact.about): fact.value for fact in stated_facts("painter", scene) if fact.about}
        for fact in read(text):
            assert values.get((fact.kind, fact.about), fact.value) == fact.value, text


def expand(prompt: str) -> str:
    return GrammarExpander(["painter"]).expand(prompt, seed=4).text


@pytest.mark.parametrize(
    "prompt",
    [
        "a red zigzag",
        "a brush paints",
        "a line from bottom to top",
        "a brush paints a ring clockwise on black paper",
        "an apple in three bites",
        "a green cookie from below",
    ],
)
def test_a_partial_prompt_keeps_what_it_says(prompt):
    assert read(prompt) <= read(expand(prompt))


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("a brush paints a wave clockwise", "a wave is not painted clockwise"),
        ("a brush paints a black line", "a colour of paper"),
        ("a brush paints a red line and a blue line", "cannot be both red and blue"),
        ("an apple and a cookie", "cannot be both apple and cookie"),
        ("an apple is eaten clockwise", "from the left"),
    ],
)
def test_what_no_paper_shows_is_refused(prompt, why):
    with pytest.raises(OutsideError, match=why):
        expand(prompt)


def test_a_shape_alone_is_no_painting():
    assert read("a red circle") == set()
    assert Fact(Kind.ACTION, "painted", "the stroke") in read("a red wave")

"""Scenes of the shots domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

import random

import pytest

from scene_facts import stated_facts
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.expander import GrammarExpander
from sora_core.language.grammar.shots import ShotsGrammar
from sora_core.language.grammar.tags import OutsideError, split_words
from sora_core.world import DOMAINS, Style

GRAMMAR, DOMAIN = ShotsGrammar(), DOMAINS["shots"]


def read(text: str) -> set[Fact]:
    tokens, unknown = GRAMMAR.lexicon.scan(split_words(text))
    assert unknown == []
    return set(GRAMMAR.read(tokens))


def test_a_detailed_caption_states_all_that_the_scene_has():
    rng = random.Random(11)
    for number in range(60):
        scene = DOMAIN.sample(rng, unseen=number % 2 > 0)
        text = DOMAIN.caption(scene, Style.RICH, rng)
        assert stated_facts("shots", scene) <= read(text), text


@pytest.mark.parametrize("still", [False, True])
@pytest.mark.parametrize("style", Style)
def test_every_caption_is_read_whole_and_contradicts_nothing(style, still):
    rng = random.Random(12)
    for _ in range(40):
        scene = DOMAIN.sample(rng)
        text = DOMAIN.caption(scene, style, rng, still=still)
        values = {(fact.kind, fact.about): fact.value for fact in stated_facts("shots", scene) if fact.about}
        for fact in read(text):
            assert values.get((fact.kind, fact.about), fact.value) == fact.value, text


def expand(prompt: str) -> str:
    return GrammarExpander(["shots"]).expand(prompt, seed=4).text


@pytest.mark.parametrize(
    "prompt", ["two shots of a red cube", "close-up, then wide shot, a ball on sand", "three shots"]
)
def test_a_partial_prompt_keeps_what_it_says(prompt):
    assert read(prompt) <= read(expand(prompt))


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("a cube, two shots: wide shot, wide shot", "differs from the one before"),
        ("a cube, shot from the left, close shot", "the first shot is"),
        ("wide shot, close shot, wide shot, close shot", "two or three shots, got 4"),
        ("three cubes, two shots", "at most 2"),
        ("a cube slides left and a ball stands, two shots", "none moves"),
        ("three shots: wide shot, close shot", "cannot be both 3 and 2"),
    ],
)
def test_what_no_clip_has_is_refused(prompt, why):
    with pytest.raises(OutsideError, match=why):
        expand(prompt)


def test_a_prompt_without_shots_is_of_another_domain():
    assert read("a red cube on grass") == set()
    assert Fact(Kind.COUNT, "2", "shots") in read("two shots")

"""Scenes of the solids domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

import random

import pytest

from scene_facts import stated_facts
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.expander import GrammarExpander
from sora_core.language.grammar.solids import SolidsGrammar
from sora_core.language.grammar.tags import OutsideError, split_words
from sora_core.world import DOMAINS, Style

GRAMMAR, DOMAIN = SolidsGrammar(), DOMAINS["solids"]


def read(text: str) -> set[Fact]:
    tokens, unknown = GRAMMAR.lexicon.scan(split_words(text))
    assert unknown == []
    return set(GRAMMAR.read(tokens))


def test_a_detailed_caption_states_all_that_the_scene_has():
    rng = random.Random(11)
    for number in range(60):
        scene = DOMAIN.sample(rng, unseen=number % 2 > 0)
        text = DOMAIN.caption(scene, Style.RICH, rng)
        assert stated_facts("solids", scene) <= read(text), text


@pytest.mark.parametrize("still", [False, True])
@pytest.mark.parametrize("style", Style)
def test_every_caption_is_read_whole_and_contradicts_nothing(style, still):
    rng = random.Random(12)
    for _ in range(40):
        scene = DOMAIN.sample(rng)
        text = DOMAIN.caption(scene, style, rng, still=still)
        values = {(fact.kind, fact.about): fact.value for fact in stated_facts("solids", scene) if fact.about}
        for fact in read(text):
            assert values.get((fact.kind, fact.about), fact.value) == fact.value, text


def expand(prompt: str) -> str:
    return GrammarExpander(["solids"]).expand(prompt, seed=4).text


@pytest.mark.parametrize(
    "prompt",
    [
        "red cube",
        "something spins on grass at night",
        "the camera orbits a cone",
        "three balls",
        "a ball rolls behind a cube",
        "a red cube, a blue drum slides left behind it",
        "zoom in, two cubes jump",
    ],
)
def test_a_partial_prompt_keeps_what_it_says(prompt):
    assert read(prompt) <= read(expand(prompt))


def test_what_is_not_named_stays_still():
    facts = read(expand("a red cube and a blue ball rolling left"))
    assert Fact(Kind.ACTION, "stand", "object 1") in facts
    assert Fact(Kind.CAMERA, "still", "the camera") in facts


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("four cubes", "at most 3"),
        ("two red cubes", "different colours"),
        ("a cone spins", "only spheres and cubes spin"),
        ("a cube slides left, camera orbits right", "while the camera orbits"),
        ("a cube spins to the left", "cannot spin and also move"),
        ("a ball rolls behind it", "needs two objects"),
        ("a ball rolls left behind a cone", "is no cone"),
        ("a ball jumps behind a cube", "moves left or right"),
        ("a ball rolls left behind a cube, pan left and back", "may not orbit or look away"),
    ],
)
def test_what_no_floor_has_is_refused(prompt, why):
    with pytest.raises(OutsideError, match=why):
        expand(prompt)

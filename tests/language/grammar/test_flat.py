"""Scenes of the flat domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

import random

import pytest

from scene_facts import stated_facts
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.expander import GrammarExpander
from sora_core.language.grammar.flat import FlatGrammar
from sora_core.language.grammar.tags import OutsideError, split_words
from sora_core.world import DOMAINS, Style

LEFT_SLOWLY = ((Kind.DIRECTION, "left"), (Kind.SPEED, "slow"))
GRAMMAR, DOMAIN = FlatGrammar(), DOMAINS["flat"]


def read(text: str) -> set[Fact]:
    tokens, unknown = GRAMMAR.lexicon.scan(split_words(text))
    assert unknown == []
    return set(GRAMMAR.read(tokens))


def test_a_detailed_caption_states_all_that_the_scene_has():
    rng = random.Random(11)
    for number in range(60):
        scene = DOMAIN.sample(rng, unseen=number % 2 > 0)
        text = DOMAIN.caption(scene, Style.RICH, rng)
        assert stated_facts("flat", scene) <= read(text), text


@pytest.mark.parametrize("still", [False, True])
@pytest.mark.parametrize("style", Style)
def test_every_caption_is_read_whole_and_contradicts_nothing(style, still):
    rng = random.Random(12)
    for _ in range(40):
        scene = DOMAIN.sample(rng)
        text = DOMAIN.caption(scene, style, rng, still=still)
        values = {(fact.kind, fact.about): fact.value for fact in stated_facts("flat", scene) if fact.about}
        for fact in read(text):
            assert values.get((fact.kind, fact.about), fact.value) == fact.value, text


def expand(prompt: str) -> str:
    return GrammarExpander(["flat"]).expand(prompt, seed=4).text


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("red circle", "red crimson scarlet"),
        ("a tiny blue square", "small tiny little"),
        ("circle behind a brown wall", "wall"),
        ("camera tilts up, green triangle", "striped"),
    ],
)
def test_a_partial_prompt_becomes_a_scene_of_its_kind(prompt, words):
    assert set(words.split()) & set(split_words(expand(prompt)))
    assert read(prompt) <= read(expand(prompt))


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("three circles", "at most two objects"),
        ("a black circle", "no object is black"),
        ("a red circle, blue background", "belongs to no object before 'background'"),
        ("a large circle and a square", "sizes and two objects are not in one scene"),
        ("a circle moving slowly behind a brown wall", "behind a wall is fast"),
        ("camera pans left, a circle moving right", "stands still"),
        ("a circle moving left, a square moving up", "not left and up"),
        ("a circle moves behind", "only go behind a wall"),
        ("a red circle stands still", "over one colour, objects move"),
        ("a still red circle", "over one colour, objects move"),
        ("a red circle moves right 3", "'3' counts no objects"),
        ("a red square goes off the frame", "no 'off'"),
        ("a circle, the second one moves left", "'second one' has no object"),
    ],
)
def test_what_is_over_no_colour_is_refused(prompt, why):
    with pytest.raises(OutsideError, match=why):
        expand(prompt)


def test_what_two_objects_do_together_is_said_of_both():
    facts = read("one red circle and one blue circle move left slowly")
    both = {Fact(kind, value, f"object {number}") for number in (1, 2) for kind, value in LEFT_SLOWLY}
    assert both <= facts
    assert both <= read(expand("one red circle and one blue circle move left slowly"))


def test_an_object_that_stands_still_is_kept_where_the_camera_moves():
    assert Fact(Kind.ACTION, "stand", "object 1") in read(expand("a still red circle, the camera pans left"))


def test_a_pair_keeps_apart_what_each_does():
    facts = read(expand("red circle moving left slowly, blue square moving right fast"))
    assert {Fact(Kind.DIRECTION, "left", "object 1"), Fact(Kind.SPEED, "fast", "object 2")} <= facts

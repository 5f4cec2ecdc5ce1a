"""The table of facts that grammars read and write; and every grammar on the captions of its domain."""

from __future__ import annotations

import random
from enum import Enum

import pytest

from scene_facts import stated_facts
from scene_reading import read_in
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.protocol import Table, object_name, plain
from sora_core.language.grammar.tags import OutsideError
from sora_core.world import DOMAINS, Style


class Fruit(Enum):
    APPLE = 0
    PEAR = 1


def test_a_stated_value_is_taken_and_an_open_one_drawn():
    table = Table([Fact(Kind.OBJECT, "pear", "it")])
    rng = random.Random(0)
    assert {table.pick(Kind.OBJECT, "it", Fruit, rng) for _ in range(20)} == {Fruit.PEAR}
    assert {table.pick(Kind.OBJECT, "other", Fruit, rng) for _ in range(20)} == set(Fruit)
    assert table.get(Kind.OBJECT, "other") is None


def test_two_values_of_one_fact_are_refused():
    table = Table([Fact(Kind.OBJECT, "pear", "it")])
    table.put(Kind.OBJECT, "pear", "it")
    with pytest.raises(OutsideError, match="cannot be both pear and dark apple"):
        table.put(Kind.OBJECT, "dark_apple", "it")
    assert table.facts() == (Fact(Kind.OBJECT, "pear", "it"),)


def test_a_value_that_is_none_of_the_choices_is_refused():
    with pytest.raises(OutsideError, match="no scene in which the object of it is pear"):
        Table([Fact(Kind.OBJECT, "pear", "it")]).pick(Kind.OBJECT, "it", [Fruit.APPLE], random.Random(0))


def test_names_are_for_people():
    assert object_name(0) == "object 1"
    assert plain("orbit_left") == "orbit left"


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_detailed_caption_states_all_that_the_scene_has(domain):
    rng = random.Random(11)
    for number in range(60):
        scene = DOMAINS[domain].sample(rng, unseen=number % 2 > 0)
        text = DOMAINS[domain].caption(scene, Style.RICH, rng)
        assert stated_facts(domain, scene) <= read_in(domain, text), text


@pytest.mark.parametrize("still", [False, True])
@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("domain", DOMAINS)
def test_every_caption_is_read_whole_and_contradicts_nothing(domain, style, still):
    rng = random.Random(12)
    for _ in range(40):
        scene = DOMAINS[domain].sample(rng)
        text = DOMAINS[domain].caption(scene, style, rng, still=still)
        values = {(fact.kind, fact.about): fact.value for fact in stated_facts(domain, scene) if fact.about}
        for fact in read_in(domain, text):
            assert values.get((fact.kind, fact.about), fact.value) == fact.value, text

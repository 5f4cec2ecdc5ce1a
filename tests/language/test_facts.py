"""What became of facts: kept, lost, contradicted and added."""

from __future__ import annotations

from dataclasses import replace

from sora_core.language.facts import Check, Fact, Kind, compare

RED = Fact(Kind.COLOUR, "red", "object 1")
LEFT = Fact(Kind.DIRECTION, "left", "object 1")


def test_facts_that_are_still_there_are_kept_and_new_ones_added():
    night = Fact(Kind.SETTING, "night", "sky")
    assert compare([RED], [RED, night]) == Check(kept=(RED,), added=(night,))


def test_another_value_of_the_same_subject_contradicts_and_is_no_addition():
    blue = replace(RED, value="blue")
    check = compare([RED, LEFT], [blue])
    assert check == Check(lost=(LEFT,), contradicted=(RED,))
    assert not check.faithful


def test_without_a_subject_only_opposites_contradict():
    asked = [Fact(Kind.DIRECTION, "left"), Fact(Kind.COLOUR, "red")]
    check = compare(asked, [Fact(Kind.DIRECTION, "right"), Fact(Kind.COLOUR, "blue")])
    assert check.contradicted == (asked[0],)
    assert check.lost == (asked[1],)


def test_both_directions_in_the_answer_keep_the_one_that_was_asked_for():
    asked = [Fact(Kind.DIRECTION, "left")]
    assert compare(asked, [Fact(Kind.DIRECTION, "right"), *asked]).faithful


def test_what_should_not_be_there_is_contradicted_where_it_is_shown():
    people = Fact(Kind.NEGATION, "people")
    assert compare([people], [Fact(Kind.WORD, "people")]).contradicted == (people,)
    assert compare([people], [people, Fact(Kind.WORD, "people")]).faithful
    assert compare([people], []).lost == (people,)


def test_what_was_asked_for_is_contradicted_where_it_is_denied():
    dog = Fact(Kind.WORD, "dog")
    assert compare([dog], [Fact(Kind.NEGATION, "dog")]).contradicted == (dog,)


def test_a_repeated_fact_counts_once_and_is_written_for_people():
    assert compare([RED, RED], [RED, RED]).found == (RED,)
    assert str(RED) == "colour of object 1: red"
    assert str(Fact(Kind.QUOTE, "OPEN")) == "quoted text: OPEN"

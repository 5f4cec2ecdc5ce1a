"""The conservative reader of facts, and what it says that it cannot read."""

from __future__ import annotations

import pytest

from sora_core.language.facts import Fact, Kind, compare
from sora_core.language.free_text import FreeTextReader, unchecked

READ = FreeTextReader().facts


def test_each_kind_of_fact_is_found():
    found = READ('Two red dogs run left past a sign "Open Late", no people, the camera pans')
    assert found == (
        Fact(Kind.QUOTE, "Open Late"),
        Fact(Kind.COUNT, "2"),
        Fact(Kind.COLOUR, "red"),
        Fact(Kind.WORD, "dog"),
        Fact(Kind.WORD, "run"),
        Fact(Kind.DIRECTION, "left"),
        Fact(Kind.WORD, "past"),
        Fact(Kind.WORD, "sign"),
        Fact(Kind.NEGATION, "peopl"),
        Fact(Kind.CAMERA, "pan"),
    )


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("a dog running", "A brown dog runs across a meadow."),
        ("3 cats on a grey sofa", "Three cats sit on a gray sofa in warm light."),
        ("a street without cars", "An empty street at dawn, no cars in sight."),
        ("he moves leftwards", "A man moves to the left."),
        ('a shop called "Luna"', 'A small shop; above its door one reads "Luna".'),
        ("\u4e24\u53ea\u7ea2\u8272\u7684\u72d7", "Two red dogs play in a yard."),
    ],
)
def test_a_faithful_rewriting_passes(prompt, answer):
    assert compare(READ(prompt), READ(answer)).faithful


@pytest.mark.parametrize(
    ("prompt", "answer", "value"),
    [
        ("a red car", "A blue car on a road.", "red"),
        ("two dogs", "Three dogs in a park.", "2"),
        ("a cat sleeps", "A dog sleeps.", "cat"),
        ('a sign "Open"', 'A sign "Closed".', "Open"),
        ("a beach without people", "A beach where people walk.", "peopl"),
        ("a car drives left", "A car drives right.", "left"),
        ("\u4e24\u53ea\u7ea2\u8272\u7684\u72d7", "Two green dogs.", "red"),
    ],
)
def test_a_changed_fact_is_missed(prompt, answer, value):
    check = compare(READ(prompt), READ(answer))
    assert [fact.value for fact in (*check.lost, *check.contradicted)] == [value]


def test_the_opposite_and_what_is_shown_against_the_prompt_contradict():
    assert compare(READ("a car drives left"), READ("A car drives right.")).contradicted
    assert compare(READ("a beach without people"), READ("people on a beach")).contradicted


def test_a_script_that_cannot_be_read_is_named():
    assert unchecked("a red ball, caf\u00e9") == ""
    assert unchecked("\u7ea2\u8272\u7684\u7403") == ""
    assert "could not be checked" in unchecked("\u043a\u0440\u0430\u0441\u043d\u044b\u0439 \u043c\u044f\u0447")
    assert "\u9f99" in unchecked("\u7ea2\u8272\u7684\u9f99")


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("a close-up of a leaf", "A close up of one green leaf."),
        ("a slow-motion dive", "In slow motion a swimmer dives."),
        ("zoom in on a door", "The camera is zooming slowly in on a door."),
        ("a snow-covered roof", "A roof covered in snow."),
        ("twenty-five candles", "25 candles burn."),
        ("thirty soldiers", "30 soldiers."),
        ("a gold ring", "A golden ring."),
        ("a scarlet coat", "A red coat."),
        ("wolves and mice", "One wolf chases a mouse."),
        ("he grew and fell", "He grows, then falls."),
        ("kids on bikes", "Children ride bicycles."),
        ("nobody is there", "There are no people there."),
        ("it turns anti-clockwise", "It turns counterclockwise."),
    ],
)
def test_other_forms_of_the_same_words_pass(prompt, answer):
    assert compare(READ(prompt), READ(answer)).faithful


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("zoom in on a door", "The camera zooms out from a door."),
        ("twenty-five candles", "Twenty candles burn."),
        ("a scarlet coat", "A blue coat."),
        ("a white rose", "A white line rises."),
        ("nobody is there", "Two people are there."),
    ],
)
def test_near_words_do_not_pass(prompt, answer):
    assert not compare(READ(prompt), READ(answer)).faithful

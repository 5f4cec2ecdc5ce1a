"""Scenes of the flat domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

from functools import partial

import pytest

from scene_reading import expand_in, read_in
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.tags import OutsideError, split_words

LEFT_SLOWLY = ((Kind.DIRECTION, "left"), (Kind.SPEED, "slow"))
read, expand = partial(read_in, "flat"), partial(expand_in, "flat")


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

"""Misspelt words."""

from __future__ import annotations

import pytest

from sora_core.language.grammar.spelling import corrected, distance, unswapped

WORDS = ("square", "sphere", "blue", "purple", "right", "red", "moves", "rolls", "gray", "green", "mid-gray")


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3)]
)
def test_distances_by_hand(one, other, expected):
    assert distance(one, other) == distance(other, one) == expected


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("squre", "square"),
        ("sphear", "sphere"),
        ("rigth", "right"),
        ("blu", "blue"),
        ("purpel", "purple"),
        ("mi-dgray", "mid-gray"),
    ],
)
def test_the_nearest_word_is_meant(word, meant):
    assert corrected(word, WORDS) == meant


@pytest.mark.parametrize("word", ["dragon", "people", "rad", "at", "x", "no", "molex", "3d"])
def test_what_is_too_far_or_near_to_several_is_left(word):
    assert corrected(word, WORDS) == ""


def test_two_words_that_are_as_near_leave_it_open():
    assert corrected("poves", ("moves", "roves")) == ""


@pytest.mark.parametrize(
    ("word", "meant"),
    [("trvaels", "travels"), ("agaisnt", "against"), ("form", ""), ("travel", ""), ("3ravels", ""), ("viide", "")],
)
def test_a_word_that_says_nothing_has_only_two_letters_swapped(word, meant):
    assert unswapped(word, ("travels", "against", "from", "vidie", "ivide")) == meant

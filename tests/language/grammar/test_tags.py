"""Lexicons, and the longest match of their phrases."""

from __future__ import annotations

import pytest

from sora_core.language.grammar.tags import Lexicon, Role, Tag, split_words


def lexicon() -> Lexicon:
    words = Lexicon()
    words.add(Role.COLOUR, "blue", ("blue",))
    words.add(Role.GROUND, "navy", ("dark blue", "navy"))
    words.fill("plain")
    return words


def test_the_longest_phrase_is_taken_and_unknown_words_are_named():
    tokens, unknown = lexicon().scan(split_words("The plain Dark Blue dragon, blue."))
    assert [token.tag for token in tokens if token.role is not Role.STOP] == [
        Tag(Role.THE),
        Tag(Role.FILLER),
        Tag(Role.GROUND, "navy"),
        Tag(Role.COLOUR, "blue"),
    ]
    assert [token.value for token in tokens if token.role is Role.STOP] == [",", "."]
    assert unknown == ["dragon"]


def test_a_phrase_cannot_mean_two_things():
    with pytest.raises(ValueError, match="'navy' means"):
        lexicon().add(Role.COLOUR, "navy", ("navy",))


def test_words_that_say_nothing_are_not_offered_to_the_spelling():
    assert lexicon().words == {"blue", "dark", "navy"}


def test_hyphens_and_apostrophes_stay_inside_words():
    assert split_words("A close-up; don\u2019t, 3d!") == ["a", "close-up", ";", "don't", ",", "3d"]

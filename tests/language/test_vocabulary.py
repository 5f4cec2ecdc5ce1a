"""Word lists of the conservative check."""

from __future__ import annotations

import pytest

from sora_core.language.vocabulary import COLOURS, DIRECTIONS, FUNCTION, NUMBERS, stem


@pytest.mark.parametrize(
    "words",
    [
        ("dance", "dances", "danced", "dancing"),
        ("run", "runs", "running"),
        ("fly", "flies", "flying"),
        ("dog", "dogs"),
        ("glass", "glasses"),
    ],
)
def test_forms_of_a_word_have_one_stem(words):
    assert len({stem(word) for word in words}) == 1


def test_different_words_keep_different_stems():
    words = ("cat", "car", "card", "bus", "boss", "king", "kin", "ring", "sing", "red", "reed")
    assert len({stem(word) for word in words}) == len(words)


def test_no_word_is_in_two_lists():
    lists = [COLOURS, set(NUMBERS) - {"one"}, set(DIRECTIONS), FUNCTION]
    assert sum(map(len, lists)) == len(set().union(*lists))

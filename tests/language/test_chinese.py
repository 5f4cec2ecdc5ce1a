"""The Chinese word list."""

from __future__ import annotations

import pytest

from sora_core.language.chinese import is_chinese, pieces, to_chinese, to_english

RED_BALL = "\u7ea2\u8272\u7684\u7403"  # a red ball


def test_the_longest_word_is_taken_and_the_rest_is_left_as_it_is():
    assert to_english(RED_BALL) == "red ball"
    assert to_english("\u7ea2\u7403\u4ece\u5de6\u5230\u53f3\u6eda\u52a8\u3002") == "red ball from left to right rolls ."
    assert [each.group for each in pieces("\u7ea2\u9f99")] == ["colours", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [(RED_BALL, True), ("a red ball", False), ("\u8d64\u3044\u30dc\u30fc\u30eb", False), ("", False)],
)
def test_chinese_is_told_from_other_scripts(text, expected):
    assert is_chinese(text) is expected


def test_an_english_word_has_the_first_chinese_one_of_the_list():
    assert to_chinese("red") == RED_BALL[:2]
    assert to_english(to_chinese("left")) == "left"
    with pytest.raises(ValueError, match="no Chinese word for 'quark'"):
        to_chinese("quark")

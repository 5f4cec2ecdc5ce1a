"""Scenes of the painter domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

from functools import partial

import pytest

from scene_reading import expand_in, read_in
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.tags import OutsideError

read, expand = partial(read_in, "painter"), partial(expand_in, "painter")


@pytest.mark.parametrize(
    "prompt",
    [
        "a red zigzag",
        "a brush paints",
        "a line from bottom to top",
        "a brush paints a ring clockwise on black paper",
        "an apple in three bites",
        "a green cookie from below",
    ],
)
def test_a_partial_prompt_keeps_what_it_says(prompt):
    assert read(prompt) <= read(expand(prompt))


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("a brush paints a wave clockwise", "a wave is not painted clockwise"),
        ("a brush paints a black line", "a colour of paper"),
        ("a brush paints a red line and a blue line", "cannot be both red and blue"),
        ("an apple and a cookie", "cannot be both apple and cookie"),
        ("an apple is eaten clockwise", "from the left"),
    ],
)
def test_what_no_paper_shows_is_refused(prompt, why):
    with pytest.raises(OutsideError, match=why):
        expand(prompt)


def test_a_shape_alone_is_no_painting():
    assert read("a red circle") == set()
    assert Fact(Kind.ACTION, "painted", "the stroke") in read("a red wave")

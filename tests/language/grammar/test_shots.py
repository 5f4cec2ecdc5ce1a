"""Scenes of the shots domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

from functools import partial

import pytest

from scene_reading import expand_in, read_in
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.tags import OutsideError

read, expand = partial(read_in, "shots"), partial(expand_in, "shots")


@pytest.mark.parametrize(
    "prompt", ["two shots of a red cube", "close-up, then wide shot, a ball on sand", "three shots"]
)
def test_a_partial_prompt_keeps_what_it_says(prompt):
    assert read(prompt) <= read(expand(prompt))


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("a cube, two shots: wide shot, wide shot", "differs from the one before"),
        ("a cube, shot from the left, close shot", "the first shot is"),
        ("wide shot, close shot, wide shot, close shot", "two or three shots, got 4"),
        ("three cubes, two shots", "at most 2"),
        ("a cube slides left and a ball stands, two shots", "none moves"),
        ("three shots: wide shot, close shot", "cannot be both 3 and 2"),
    ],
)
def test_what_no_clip_has_is_refused(prompt, why):
    with pytest.raises(OutsideError, match=why):
        expand(prompt)


def test_a_prompt_without_shots_is_of_another_domain():
    assert read("a red cube on grass") == set()
    assert Fact(Kind.COUNT, "2", "shots") in read("two shots")

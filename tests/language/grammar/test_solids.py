"""Scenes of the solids domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

from functools import partial

import pytest

from scene_reading import expand_in, read_in
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar.tags import OutsideError

read, expand = partial(read_in, "solids"), partial(expand_in, "solids")


@pytest.mark.parametrize(
    "prompt",
    [
        "red cube",
        "something spins on grass at night",
        "the camera orbits a cone",
        "three balls",
        "a ball rolls behind a cube",
        "a red cube, a blue drum slides left behind it",
        "zoom in, two cubes jump",
    ],
)
def test_a_partial_prompt_keeps_what_it_says(prompt):
    assert read(prompt) <= read(expand(prompt))


def test_what_is_not_named_stays_still():
    facts = read(expand("a red cube and a blue ball rolling left"))
    assert Fact(Kind.ACTION, "stand", "object 1") in facts
    assert Fact(Kind.CAMERA, "still", "the camera") in facts


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("four cubes", "at most 3"),
        ("two red cubes", "different colours"),
        ("a cone spins", "only spheres and cubes spin"),
        ("a cube slides left, camera orbits right", "while the camera orbits"),
        ("a cube spins to the left", "cannot spin and also move"),
        ("a ball rolls behind it", "needs two objects"),
        ("a ball rolls left behind a cone", "is no cone"),
        ("a ball jumps behind a cube", "moves left or right"),
        ("a ball rolls left behind a cube, pan left and back", "may not orbit or look away"),
    ],
)
def test_what_no_floor_has_is_refused(prompt, why):
    with pytest.raises(OutsideError, match=why):
        expand(prompt)

"""Richer kinds of scenes are built around a first object, which stays what it is."""

import random

import pytest

from sora_core.world.flat import (
    RICHER,
    Colour,
    Direction,
    Hidden,
    Pair,
    Panned,
    Size,
    Sized,
    Speed,
    held_out,
    objects,
    richer,
)
from sora_core.world.flat.attributes import all_combinations


@pytest.mark.parametrize("kind", RICHER, ids=lambda kind: kind.__name__)
def test_richer_scenes_keep_to_the_training_combinations_of_their_first_object(kind: type) -> None:
    rng = random.Random(0)
    for first in rng.sample(all_combinations(), 50):
        scene = richer(kind, first, rng)
        assert scene.first[:3] == first[:3]
        if kind is not Hidden:  # which has its own motion
            assert scene.first == first


def test_the_second_object_of_a_pair_shares_ground_and_axis_and_has_a_colour_that_is_not_taken_for_the_first_ones() -> (
    None
):
    rng = random.Random(0)
    palette = list(Colour)
    for first in rng.sample(all_combinations(), 200):
        pair = richer(Pair, first, rng)
        assert pair.second.background is first.background
        assert [step == 0 for step in pair.second.direction.step] == [step == 0 for step in first.direction.step]
        apart = (palette.index(pair.second.colour) - palette.index(first.colour)) % len(palette)
        assert apart not in (0, 1, len(palette) - 1)


def test_a_hidden_object_goes_sideways_fast_behind_a_wall_that_is_seen_on_its_ground() -> None:
    rng = random.Random(0)
    for first in rng.sample(all_combinations(), 200):
        scene = richer(Hidden, first, rng)
        assert scene.first.direction in (Direction.LEFT, Direction.RIGHT)
        assert scene.first.speed is Speed.FAST
        assert scene.wall is not first.background
        if first.direction.step[1]:
            assert scene.first.direction is first.direction


def test_objects_of_a_scene_are_its_first_and_of_a_pair_both() -> None:
    one, two = held_out()[:2]
    assert objects(one) == objects(Sized(one, Size.SMALL)) == objects(Panned(one)) == (one,)
    assert objects(Pair(one, two)) == (one, two)

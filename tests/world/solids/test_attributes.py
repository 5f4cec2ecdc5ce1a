"""Combinations of attributes: what cannot be seen is not asked for, and the held-out ones cover every value."""

from sora_core.world import Colour
from sora_core.world.solids import Camera, Floor, Motion, Shape, Sky, all_combinations, held_out
from sora_core.world.solids.attributes import CROSSING, HELD_OUT_SHARE, ORBITS, SPINNING


def test_only_bodies_that_look_different_from_each_side_spin() -> None:
    spinning = {one.solid.shape for one in all_combinations() if one.solid.motion is Motion.SPIN}
    assert spinning == {*SPINNING} == {Shape.SPHERE, Shape.CUBE}


def test_nothing_moves_left_or_right_while_the_camera_orbits() -> None:
    seen = {(one.solid.motion in CROSSING, one.camera in ORBITS) for one in all_combinations()}
    assert seen == {(True, False), (False, True), (False, False)}


def test_combinations_differ_and_a_share_of_them_is_held_out() -> None:
    everything = all_combinations()
    assert len({*everything}) == len(everything)
    assert held_out() < {*everything}
    assert len(held_out()) == round(HELD_OUT_SHARE * len(everything))


def test_the_held_out_combinations_are_always_the_same() -> None:
    first = held_out()
    held_out.cache_clear()
    assert held_out() == first


def test_every_value_is_trained_and_held_out() -> None:
    trained = {*all_combinations()} - held_out()
    for combinations in (trained, held_out()):
        assert {one.solid.shape for one in combinations} == {*Shape}
        assert {one.solid.colour for one in combinations} == {*Colour}
        assert {one.solid.motion for one in combinations} == {*Motion}
        assert {one.floor for one in combinations} == {*Floor}
        assert {one.sky for one in combinations} == {*Sky}
        assert {one.camera for one in combinations} == {*Camera}


def test_light_tiles_are_lighter_than_dark_ones() -> None:
    assert all(sum(floor.light) > sum(floor.dark) for floor in Floor)

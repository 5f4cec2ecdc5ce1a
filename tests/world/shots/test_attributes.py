"""Framings follow one another, and what is held out is what the solids domain holds out."""

from sora_core.world.shots.attributes import FIRST, SIDES, Framing, framings_after, is_held_out
from sora_core.world.solids.attributes import Camera, held_out


def test_no_framing_follows_itself_and_no_side_comes_first() -> None:
    assert all(framing not in framings_after(framing) for framing in Framing)
    assert all(len(framings_after(framing)) == len(Framing) - 1 for framing in Framing)
    assert not set(FIRST) & set(SIDES)


def test_the_same_objects_in_the_same_surroundings_are_held_out_as_among_the_solids() -> None:
    still = next(one for one in sorted(held_out(), key=repr) if one.camera is Camera.STILL)
    assert is_held_out(still.solid, still.floor, still.sky)
    assert is_held_out(still.solid, still.floor, still.sky) is (still in held_out())

"""Combinations of the game's attributes: what exists, and what training never sees."""

from sora_core.world import Colour
from sora_core.world.game import Act, Direction, Theme, View, held_out, training_combinations
from sora_core.world.game.attributes import HELD_OUT_COUNT, all_combinations, is_held_out

FIRST = (View.TOP, Theme.DESERT, Colour.PINK, Act.PLACE, Direction.DOWN)


def test_held_out_and_training_combinations_share_none_and_are_all() -> None:
    unseen, seen = set(held_out()), set(training_combinations())
    assert len(unseen) == HELD_OUT_COUNT
    assert not unseen & seen
    assert unseen | seen == set(all_combinations())


def test_what_is_held_out_is_the_same_everywhere() -> None:
    first = held_out()[0]
    assert (first.view, first.theme, first.player) == FIRST[:3]
    assert (first.act, first.direction) == FIRST[3:]
    assert is_held_out(first)
    assert not is_held_out(training_combinations()[0])


def test_every_value_is_both_trained_and_held_out() -> None:
    for combinations in (held_out(), training_combinations()):
        for values, index in ((View, 0), (Theme, 1), (Colour, 2), (Act, 3), (Direction, 4)):
            assert {one[index] for one in combinations} == set(values)


def test_jumps_are_seen_from_the_side_alone() -> None:
    assert {one.view for one in all_combinations() if one.act is Act.JUMP} == {View.SIDE}

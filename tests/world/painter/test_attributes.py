"""Combinations of strokes and of meals: what exists, and what training never sees."""

from sora_core.world import Colour
from sora_core.world.painter import Food, Meal, Paper, Path, Side, Stroke, Way, meals, strokes
from sora_core.world.painter.attributes import BITES, HELD_OUT_MEALS, HELD_OUT_STROKES

FIRST_STROKE = Stroke(Colour.ORANGE, Path.UPRIGHT, Way.BACK, Paper.WHITE)
FIRST_MEAL = Meal(Food.APPLE, Colour.BLUE, Side.LEFT, 3, Paper.TAN)


def test_held_out_and_training_combinations_share_none_and_are_all() -> None:
    for kind, held, count in (
        (strokes, HELD_OUT_STROKES, len(Colour) * len(Path) * len(Way) * len(Paper)),
        (meals, HELD_OUT_MEALS, len(Food) * len(Colour) * len(Side) * len(BITES) * len(Paper)),
    ):
        unseen, seen = set(kind(unseen=True)), set(kind(unseen=False))
        assert len(unseen) == held
        assert not unseen & seen
        assert len(unseen | seen) == count


def test_what_is_held_out_is_the_same_everywhere() -> None:
    assert strokes(unseen=True)[0] == FIRST_STROKE
    assert meals(unseen=True)[0] == FIRST_MEAL


def test_every_value_is_both_trained_and_held_out() -> None:
    for unseen in (False, True):
        for index, values in enumerate((Colour, Path, Way, Paper)):
            assert {stroke[index] for stroke in strokes(unseen=unseen)} == set(values)
        for index, values in enumerate((Food, Colour, Side, BITES, Paper)):
            assert {meal[index] for meal in meals(unseen=unseen)} == set(values)


def test_a_side_is_a_unit_step() -> None:
    assert {side.step for side in Side} == {(0, -1), (0, 1), (-1, 0), (1, 0)}

"""What training never sees is fixed, and leaves every single value to training."""

from sora_core.world.flat import Background, Colour, Direction, Shape, Speed, held_out, training_combinations
from sora_core.world.flat.attributes import all_combinations


def test_held_out_and_training_combinations_are_disjoint_and_complete() -> None:
    unseen, seen = held_out(), training_combinations()
    assert len(unseen) == len(set(unseen)) == 200
    assert not set(unseen) & set(seen)
    assert set(unseen) | set(seen) == set(all_combinations())
    for values in (Shape, Colour, Background, Direction, Speed):  # nothing is only ever held out
        assert {value for combination in seen for value in combination} >= set(values)


def test_the_held_out_combinations_are_the_same_on_every_machine() -> None:
    """Results over them are compared between releases."""
    first, *_, last = held_out()
    assert first == (Shape.SQUARE, Colour.CYAN, Background.BLACK, Direction.LEFT, Speed.FAST)
    assert last == (Shape.CIRCLE, Colour.YELLOW, Background.NAVY, Direction.RIGHT, Speed.SLOW)

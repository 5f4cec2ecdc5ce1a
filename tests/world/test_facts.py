"""Facts of scenes: a flat table of all that a full caption says."""

import pytest

from sora_core.world import Colour
from sora_core.world.facts import facts_of
from sora_core.world.flat import Attributes, Background, Direction, Shape, Speed


def test_attributes_become_names_and_values() -> None:
    wanted = Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.UP, Speed.SLOW)
    assert facts_of("flat", wanted) == {
        "flat.shape": "circle",
        "flat.colour": "red",
        "flat.background": "black",
        "flat.direction": "up",
        "flat.speed": "slow",
    }


def test_tuples_are_numbered_and_none_says_nothing() -> None:
    assert facts_of("all", (Colour.RED, Colour.BLUE, None)) == {"all.0": "red", "all.1": "blue"}
    assert facts_of("all", None) == {}
    assert facts_of("bites", 3) == {"bites": "3"}
    assert facts_of("behind", True) == {"behind": "true"}


def test_what_is_no_attribute_is_refused() -> None:
    with pytest.raises(TypeError, match="got float as an attribute"):
        facts_of("size", 0.5)

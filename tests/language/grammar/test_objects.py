"""Objects of a scene and what they do, from tokens."""

from __future__ import annotations

import pytest

from sora_core.language.facts import Kind
from sora_core.language.grammar.objects import ObjectReader
from sora_core.language.grammar.solids import SolidsGrammar
from sora_core.language.grammar.tags import OutsideError, split_words

LEXICON = SolidsGrammar().lexicon


def things(text: str) -> list[tuple[str | None, ...]]:
    tokens, unknown = LEXICON.scan(split_words(text))
    assert unknown == []
    kinds = (Kind.COLOUR, Kind.OBJECT, Kind.ACTION, Kind.DIRECTION)
    return [tuple(thing.said.get(kind) for kind in kinds) for thing in ObjectReader(tokens).things]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a red cube", [("red", "cube", None, None)]),
        ("moving left, a red ball", [("red", "sphere", "move", "left")]),
        ("red ball rolls left, blue cube spins", [("red", "sphere", "move", "left"), ("blue", "cube", "spin", None)]),
        (
            "a cube and a ball. the ball spins. the cube jumps",
            [(None, "cube", "jump", None), (None, "sphere", "spin", None)],
        ),
        ("the red cube spins. the red cube", [("red", "cube", "spin", None)]),
        ("two cubes jump", [(None, "cube", "jump", None)] * 2),
        ("a cube and a ball spin", [(None, "cube", "spin", None), (None, "sphere", "spin", None)]),
        ("something red", [("red", None, None, None)]),
        ("a red cube and a spinning ball", [("red", "cube", None, None), (None, "sphere", "spin", None)]),
        ("a ball rolls behind a spinning cube", [(None, "cube", "spin", None), (None, "sphere", "move", None)]),
        ("a cube and a ball move left", [(None, "cube", "move", "left"), (None, "sphere", "move", "left")]),
        ("a ball rolls left behind a red cube", [("red", "cube", None, None), (None, "sphere", "move", "left")]),
    ],
)
def test_each_object_gets_its_own_facts(text, expected):
    assert things(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("red and blue cubes", "'blue' has no object"),
        ("a blue lawn", "'blue' belongs to no object before 'lawn'"),
        ("a red", "'red' belongs to no object"),
        ("a cube spins and jumps", "one action"),
        ("a cube spins 3", "'3' counts no objects"),
        ("a cube, three on grass", "'three' counts no objects"),
    ],
)
def test_what_belongs_to_no_object_is_refused(text, why):
    with pytest.raises(OutsideError, match=why):
        things(text)

"""A node that holds one value gives it under ComfyUI's name."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PrimitiveString", "a"),
        ("PrimitiveStringMultiline", "a\nb"),
        ("PrimitiveInt", 3),
        ("PrimitiveFloat", 0.5),
        ("PrimitiveBoolean", True),
    ],
)
def test_a_value_comes_out_as_it_is(name, value):
    node = import_from_pack("headless.registry").all_nodes()[name]
    assert node.execute(value=value).args == (value,)

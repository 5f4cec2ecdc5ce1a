"""What sockets carry has all that nodes call on it; a MODEL is only passed on."""

from __future__ import annotations

import inspect

import pytest

from headless.pack import import_from_pack

values = import_from_pack("nodes.host.values")


def members(protocol: type) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")}


@pytest.mark.parametrize(("socket", "slot", "count"), [("Model", 0, 0), ("Clip", 1, 3), ("Vae", 2, 1)])
def test_what_headless_loads_has_every_member_of_its_protocol(loaded, socket, slot, count):
    wanted = members(getattr(values, socket))
    assert len(wanted) == count
    assert {name for name in wanted if not hasattr(loaded[slot], name)} == set()


@pytest.mark.parametrize(
    ("socket", "slot", "method"), [("Clip", 1, "tokenize"), ("Clip", 1, "encode_from_tokens_scheduled")]
)
def test_methods_take_the_arguments_of_their_protocol(loaded, socket, slot, method):
    _, *wanted = inspect.signature(getattr(getattr(values, socket), method)).parameters
    assert list(inspect.signature(getattr(loaded[slot], method)).parameters) == wanted

"""A file that is no graph is explained; links, constants and settings are told apart."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        (["2", 0], ("2", 0)),
        ([7, 1], ("7", 1)),  # ids are texts, in whichever form they come
        (["2", "0"], ["2", "0"]),
        (["2", True], ["2", True]),
        (["2", 0, 1], ["2", 0, 1]),
        ({"__value__": ["2", 0]}, ["2", 0]),  # a list that is meant as one
        ({"a": 1}, {"a": 1}),
        ("2", "2"),
    ],
)
def test_a_link_is_a_pair_of_an_id_and_a_whole_number_and_all_else_a_constant(value, parsed):
    graphs = import_from_pack("headless.graph")
    got = graphs.parse_value(value)
    assert got == (graphs.Link(*parsed) if isinstance(parsed, tuple) else parsed)
    assert isinstance(got, graphs.Link) == isinstance(parsed, tuple)


def test_a_node_tells_its_links_from_its_constants():
    graphs = import_from_pack("headless.graph")
    (node,) = graphs.parse_graph({"3": {"class_type": "A", "inputs": {"model": ["1", 2], "steps": 4}}}).values()
    assert node.links == {"model": graphs.Link("1", 2)}
    assert str(node) == "node 3 (A)"


@pytest.mark.parametrize(
    ("argument", "parts"),
    [
        ("3.text=a red circle", ("3", "text", "a red circle")),
        ("3.text=a=b.c", ("3", "text", "a=b.c")),
        ("7.format.codec=h264", ("7", "format.codec", "h264")),
        ("3.text=", ("3", "text", "")),
    ],
)
def test_a_setting_ends_at_its_first_equals_sign_and_its_node_at_the_first_dot(argument, parts):
    setting = import_from_pack("headless.graph").Setting.parse(argument)
    assert (setting.node_id, setting.input_name, setting.text) == parts

"""A file that is no graph is explained; links, constants and settings are told apart."""

from __future__ import annotations

import json

import pytest

from headless.pack import import_from_pack


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "not valid JSON: Expecting property name"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "got a JSON list, expected an object of nodes"),
        ("{}", "the graph is empty"),
        ('{"1": 5}', 'node 1: got 5, expected {"class_type"'),
        ('{"1": {"class_type": "SaveVideo", "inputs": []}}', '"inputs" is [], expected an object'),
        ('{"nodes": [], "links": []}', "UI format (as the browser saves it), expected API format"),
    ],
)
def test_a_file_that_is_no_graph_is_explained(refused, text, expected):
    assert expected in refused(text)


def test_a_missing_file_is_named(refused, tmp_path):
    assert f"{tmp_path / 'none.json'}: no such file" in refused(tmp_path / "none.json")


def test_a_file_that_is_not_text_is_named(refused, tmp_path):
    binary = tmp_path / "graph.bin"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    assert f"{binary}: cannot be read" in refused(binary)


def test_a_server_style_prompt_object_is_unwrapped(command, workflow, capsys):
    assert command(json.dumps({"prompt": workflow}), "--set", "4.seconds=0") == 0
    assert capsys.readouterr().out.strip().endswith(".mp4")


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

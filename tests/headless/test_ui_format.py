"""Saved workflows become the graphs that the browser would queue."""

from __future__ import annotations

import contextlib
import copy

import pytest

from fuzz.mutations import places
from headless.pack import import_from_pack
from saved_workflows import frames, load, node, save, subgraph

SAVED = {"1": {"image": "a.png"}, "9": {"images": ["1", 0], "filename_prefix": "out"}}


def test_links_and_values_get_the_names_of_inputs_and_notes_and_labels_are_skipped(convert):
    notes = [node(3, "Note", widgets_values=["?"]), node(4, "MarkdownNote"), node(5, "Label (of some pack)")]
    assert convert([load(), save(), *notes], [[1, 1, 0, 9, 0, "IMAGE"]]) == (SAVED, [])


def test_a_bypassed_node_without_such_an_input_takes_away_what_needs_it(convert):
    links = [[1, 1, 0, 3, 0, "IMAGE"], [2, 3, 0, 9, 0, "IMAGE"], [3, 2, 0, 8, 0, "IMAGE"]]
    nodes = [load(), load(2), node(3, "LoadImage", outputs=["IMAGE"], mode=4), save(link=2), save(8, 3)]
    graph, said = convert(nodes, links)
    assert graph.keys() == {"1", "2", "8"}
    assert said == [
        "node 9 (SaveImage) is left out: node 3 (LoadImage) is bypassed and has no input of type IMAGE",
    ]


def test_a_muted_node_takes_away_what_needs_it_and_each_is_said(convert):
    links = [[1, 1, 0, 3, 0, "IMAGE"], [2, 3, 0, 9, 0, "IMAGE"], [3, 2, 0, 8, 0, "IMAGE"]]
    graph, said = convert([load(mode=2), load(2), frames(3, 1), save(link=2), save(8, 3)], links)
    assert graph.keys() == {"2", "8"}
    assert said == [
        "node 3 (ImageFromBatch) is left out: node 1 (LoadImage) is muted",
        "node 9 (SaveImage) is left out: it needs node 3 (ImageFromBatch)",
    ]


def test_a_muted_node_at_an_input_that_is_not_needed_takes_away_nothing_else(convert):
    sound = node(2, "LoadAudio", outputs=["AUDIO"], mode=2)
    inputs = [("images", "IMAGE", 1), ("audio", "AUDIO", 2)]
    film = node(3, "CreateVideo", inputs, ["VIDEO"], widgets_values=[8.0])
    saved = node(9, "SaveVideo", [("video", "VIDEO", 3)], widgets_values=["out", "auto", "auto"])
    links = [[1, 1, 0, 3, 0, "IMAGE"], [2, 2, 0, 3, 1, "AUDIO"], [3, 3, 0, 9, 0, "VIDEO"]]
    graph, said = convert([load(), sound, film, saved], links)
    assert said == []
    assert graph["3"] == {"images": ["1", 0], "fps": 8.0}


def test_where_nothing_is_left_to_run_that_is_said(refusal):
    lines = refusal([load(mode=2), save()], [[1, 1, 0, 9, 0, "IMAGE"]])
    assert lines == ("nothing is left to run: node 9 (SaveImage) is left out: node 1 (LoadImage) is muted",)


@pytest.mark.parametrize(("state", "word"), [(2, "muted"), (4, "bypassed")])
def test_where_the_only_output_node_is_muted_or_bypassed_that_is_said(refusal, state, word):
    links = [[1, 1, 0, 9, 0, "IMAGE"]]
    line = f"nothing is left to run: node 9 (SaveImage) is {word}"
    assert refusal([load(), save(mode=state)], links) == (line,)
    assert refusal([save(mode=state)], []) == (line,)
    inner = subgraph([save()], [])
    assert refusal([node(3, "twice", mode=state)], [], [inner]) == (
        f"nothing is left to run: node 3 (twice) is {word}",
    )


WRONG = (5, -1, True, 0.5, float("inf"), None, "x", [], [5], [[]], [None], {}, {"a": [1]}, {"__value__": 3})


def test_a_value_of_another_type_at_any_place_is_converted_or_explained(host):
    convert, error = (
        import_from_pack("headless.ui_format").to_api_format,
        import_from_pack("headless.errors").GraphError,
    )
    registry = import_from_pack("headless.registry").all_nodes()
    parse = import_from_pack("headless.graph").parse_graph
    shown = {"widgets_values": [4], "properties": {"proxyWidgets": [["1", "batch_index"]]}}
    inner = subgraph([frames(1, 4)], [(4, -10, 0, 1, 0), (5, 1, 0, -20, 0)])
    document = {
        "nodes": [
            load(title="First", mode=0, properties={"Node name for S&R": "Mine"}),
            node(3, "twice", [("images", "IMAGE", 1)], ["IMAGE"], **shown),
            node(4, "Reroute", [("", "*", 2)], ["*"]),
            node(5, "ImageFromBatch", [("image", "IMAGE", 3)], ["IMAGE"], mode=4, widgets_values=[0, 1]),
            save(link=6, prefix="%Mine.image%_%First.image%"),
        ],
        "links": [[1, 1, 0, 3, 0, "IMAGE"], [2, 3, 0, 4, 0, "*"], [3, 4, 0, 5, 0, "*"], [6, 5, 0, 9, 0, "IMAGE"]],
        "definitions": {"subgraphs": [inner | {"inputNode": {"id": -10}, "outputNode": {"id": -20}}]},
    }
    assert parse(convert(document, registry, str))["9"].inputs["filename_prefix"] == "a.png_a.png"
    for place in range(len(list(places(document)))):
        for value in WRONG:
            changed = copy.deepcopy(document)
            holder, key = list(places(changed))[place]
            holder[key] = copy.deepcopy(value)
            if isinstance(changed["nodes"], list):
                with contextlib.suppress(error):
                    parse(convert(changed, registry, str))

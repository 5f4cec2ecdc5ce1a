"""Links of saved workflows are followed through reroutes, primitive nodes, bypassed nodes and subgraphs."""

from __future__ import annotations

import time

import pytest

from saved_workflows import frames, load, node, save, subgraph

SAVED = {"1": {"image": "a.png"}, "9": {"images": ["1", 0], "filename_prefix": "out"}}


def test_links_may_be_objects(convert):
    link = {"id": 1, "origin_id": 1, "origin_slot": 0, "target_id": 9, "target_slot": 0, "type": "IMAGE"}
    assert convert([load(), save()], [link])[0] == SAVED


def test_reroutes_are_followed_however_many_there_are(convert):
    count = 5000
    reroutes = [node(10 + n, "Reroute", [("", "*", n + 1)], ["*"]) for n in range(count)]
    links = [[1, 1, 0, 10, 0, "*"], *([n + 1, 9 + n, 0, 10 + n, 0, "*"] for n in range(1, count + 1))]
    assert convert([load(), save(link=count + 1), *reroutes], links)[0] == SAVED


def test_a_primitive_node_gives_its_value_to_the_widget_that_it_is_connected_to(convert):
    primitive = node(2, "PrimitiveNode", outputs=["INT"], widgets_values=[5, "fixed"])
    taken = frames(3, 1)
    taken["inputs"].append({"name": "batch_index", "type": "INT", "link": 2, "widget": {"name": "batch_index"}})
    links = [[1, 1, 0, 3, 0, "IMAGE"], [2, 2, 0, 3, 1, "INT"], [3, 3, 0, 9, 0, "IMAGE"]]
    graph, _ = convert([load(), primitive, taken, save(link=3)], links)
    assert graph["3"] == {"image": ["1", 0], "batch_index": 5, "length": 1}
    assert "2" not in graph


def test_a_bypassed_node_gives_the_input_of_the_type_of_its_output(convert):
    links = [[1, 1, 0, 3, 0, "IMAGE"], [2, 3, 0, 9, 0, "IMAGE"]]
    assert convert([load(), frames(3, 1, mode=4), save(link=2)], links) == (SAVED, [])


TWICE = subgraph([frames(1, 4), frames(2, 7)], [(4, -10, 0, 1, 0), (7, 1, 0, 2, 0), (5, 2, 0, -20, 0)])
LINKS = [[1, 1, 0, 3, 0, "IMAGE"], [2, 3, 0, 9, 0, "IMAGE"]]


def test_a_subgraph_is_opened_and_its_nodes_are_named_after_its_node(convert):
    host = node(3, "twice", [("images", "IMAGE", 1)], ["IMAGE"])
    graph, _ = convert([load(), host, save(link=2)], LINKS, [TWICE])
    assert graph == {
        "1": {"image": "a.png"},
        "3:1": {"image": ["1", 0], "batch_index": 0, "length": 1},
        "3:2": {"image": ["3:1", 0], "batch_index": 0, "length": 1},
        "9": {"images": ["3:2", 0], "filename_prefix": "out"},
    }


def test_subgraphs_may_be_inside_of_subgraphs(convert):
    outer = subgraph(
        [node(7, "twice", [("images", "IMAGE", 1)], ["IMAGE"])], [(1, -10, 0, 7, 0), (2, 7, 0, -20, 0)], "outer"
    )
    host = node(3, "outer", [("images", "IMAGE", 1)], ["IMAGE"])
    graph, _ = convert([load(), host, save(link=2)], LINKS, [TWICE, outer])
    assert graph["3:7:1"]["image"] == ["1", 0]
    assert graph["9"]["images"] == ["3:7:2", 0]


@pytest.mark.parametrize(("state", "left"), [(4, SAVED), (2, {"2", "8"})])
def test_a_subgraph_is_bypassed_and_muted_as_a_node(convert, state, left):
    host = node(3, "twice", [("images", "IMAGE", 1)], ["IMAGE"], mode=state)
    more = [load(2), save(8, 3)] if state == 2 else []
    links = [*LINKS, [3, 2, 0, 8, 0, "IMAGE"]]
    graph, said = convert([load(), host, save(link=2), *more], links, [TWICE])
    assert graph == left if state == 4 else graph.keys() == {"1", *left}
    assert len(said) == (state == 2)


@pytest.mark.parametrize(
    "values",
    [
        {"widgets_values": [4]},
        {"widgets_values": [None, 4], "properties": {"proxyWidgets": [["9", "seed"], ["-1", "index"]]}},
        {"widgets_values_named": {"index": 4}},
        {"widgets_values": [4], "properties": {"proxyWidgets": [["1", "batch_index"]]}},
        {},
    ],
)
def test_a_widget_of_a_subgraphs_node_sets_the_one_inside(convert, values):
    inner = frames(1, 4)
    inner["inputs"].append({"name": "batch_index", "type": "INT", "link": 8, "widget": {"name": "batch_index"}})
    definition = subgraph([inner], [(4, -10, 0, 1, 0), (8, -10, 1, 1, 1), (5, 1, 0, -20, 0)], of=("images", "index"))
    host = node(3, "twice", [("images", "IMAGE", 1)], ["IMAGE"], **values)
    host["inputs"].append({"name": "index", "type": "INT", "link": None, "widget": {"name": "index"}})
    graph, _ = convert([load(), host, save(link=2)], LINKS, [definition])
    assert graph["3:1"]["batch_index"] == (4 if values else 0)


def test_a_subgraph_that_holds_itself_is_refused(refusal):
    circle = subgraph([node(1, "twice")], [])
    assert refusal([node(3, "twice")], [], [circle]) == ("node 3:1 (twice): a subgraph that holds itself",)


def test_subgraphs_that_stand_for_too_many_nodes_are_refused(refusal):
    tower = [subgraph([node(n, f"s{level + 1}") for n in range(10)], [], f"s{level}") for level in range(9)]
    assert "more than 20000 nodes" in refusal([node(1, "s0")], [], tower)[0]


def test_nodes_of_subgraphs_are_counted_once_as_they_are_opened(refusal):
    tower = [subgraph([node(n, f"s{level + 1}") for n in range(2)], [], f"s{level}") for level in range(40)]
    started = time.process_time()
    assert "more than 20000 nodes" in refusal([node(1, "s0")], [], tower)[0]
    assert time.process_time() - started < 3  # 0.3 s; a sum for each subgraph takes more than twice as long


def test_links_that_lead_back_are_refused(refusal):
    circle = [node(2, "Reroute", [("", "*", 2)], ["*"]), node(3, "Reroute", [("", "*", 3)], ["*"])]
    links = [[1, 2, 0, 9, 0, "*"], [2, 3, 0, 2, 0, "*"], [3, 2, 0, 3, 0, "*"]]
    assert "its links lead back to it" in refusal([*circle, save()], links)[0]


@pytest.mark.parametrize(
    ("nodes", "links", "line"),
    [
        ([load(), save()], [], "node 9 (SaveImage), input 'images': link 1 is not in the workflow"),
        ([save()], [[1, 1, 0, 9, 0, "*"]], "node 9 (SaveImage): a link from node 1, which is not in the workflow"),
        ([load(), save()], [[1, None]], "got a workflow with a broken link; save it again in ComfyUI"),
        ([load(), save()], 5, "got a workflow whose links are no list; save it again in ComfyUI"),
        ([load(), save()], True, "got a workflow whose links are no list; save it again in ComfyUI"),
        ([load(), save()], {"1": 5}, "got a workflow whose links are no list; save it again in ComfyUI"),
        ([{"id": 1}], [], "got a workflow with a node without id and type; save it again in ComfyUI"),
        (
            [node(1, "workflow>mine", outputs=["IMAGE"]), save()],
            [[1, 1, 0, 9, 0, "*"]],
            "node 1 (workflow>mine): a group node; turn it into nodes or a subgraph in ComfyUI",
        ),
    ],
)
def test_what_cannot_be_converted_is_one_line(refusal, nodes, links, line):
    if nodes[0]["type" if "type" in nodes[0] else "id"] == "workflow>mine":
        nodes[0]["outputs"][0]["links"] = [1]
    assert refusal(nodes, links) == (line,)

"""The shipped workflows by themselves: links that hold, and the same graph in both formats."""

from __future__ import annotations

import json

import pytest

from headless.pack import PACK_ROOT, import_from_pack
from scripts.docs.templates import node_registry
from scripts.docs.titles import drawn, titles

API = PACK_ROOT / "workflows" / "api"


@pytest.fixture(params=titles())
def name(request):
    return request.param


@pytest.fixture
def path(name):
    return drawn(name)


def test_links_and_sockets_agree(path):
    document = json.loads(path.read_text())
    nodes = {node["id"]: node for node in document["nodes"]}
    for link, source, out_slot, target, in_slot, kind in document["links"]:
        output, entry = nodes[source]["outputs"][out_slot], nodes[target]["inputs"][in_slot]
        assert link in output["links"]
        assert entry["link"] == link
        assert kind == output["type"] == entry["type"]
    linked = {entry["link"] for node in nodes.values() for entry in node["inputs"]} - {None}
    assert linked == {link for link, *_ in document["links"]}


def test_the_picture_of_the_graph_has_no_overlaps_and_a_note(path):
    document = json.loads(path.read_text())
    assert any(node["type"] == "MarkdownNote" for node in document["nodes"])
    boxes = [(*node["pos"], *node["size"]) for node in document["nodes"]]
    for number, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[number + 1 :]:
            apart = x + width <= other_x or other_x + other_width <= x
            assert apart or y + height + 30 <= other_y or other_y + other_height + 30 <= y


def test_all_of_the_graph_is_on_a_screen_of_1080p_at_a_size_that_can_be_read(path):
    document = json.loads(path.read_text())
    view = document["extra"]["ds"]
    assert 0.75 <= view["scale"] <= 1
    for node in document["nodes"]:
        corners = (node["pos"], [place + size for place, size in zip(node["pos"], node["size"], strict=True)])
        for x, y in corners:
            assert 0 < (x + view["offset"][0]) * view["scale"] < 1920
            assert 0 < (y + view["offset"][1]) * view["scale"] < 937  # what a browser leaves of the height


def test_links_of_a_vae_run_through_points_that_no_node_covers(path):
    document = json.loads(path.read_text())
    points = {point["id"]: point for point in document["extra"].get("reroutes", [])}
    ends = {link["id"]: link["parentId"] for link in document["extra"].get("linkExtensions", [])}
    kinds = {link[0]: link[5] for link in document["links"]}
    assert {kinds[link] for link in ends} <= {"VAE"}
    for link, point in ends.items():
        while point is not None:
            assert link in points[point]["linkIds"]
            point = points[point].get("parentId")
    top = min(node["pos"][1] for node in document["nodes"])
    assert all(point["pos"][1] < top - 30 for point in points.values())


def graph_of(path):
    """The graph of a workflow file in either format."""
    read = import_from_pack("headless.workflow_file").read_graph
    return read(path, node_registry(), lambda line: pytest.fail(line))


def test_the_api_graph_is_valid_and_node_3_is_the_prompt_or_a_timeline_has_them(name, nodes, tmp_path):
    folders = import_from_pack("headless.folders").Folders
    folders.install(folders(tmp_path, tmp_path))
    graph = graph_of(API / f"{name}.json")
    import_from_pack("headless.validation").validate(graph, node_registry())
    if not any(node.class_type == "SoraSampler" for node in graph.values()):
        return
    if graph["4"].class_type == "SoraTimeline" and "3" not in graph:
        assert "0: " in graph["4"].inputs["timeline"]
        return
    assert graph["3"].class_type == "SoraEncodeText"
    assert graph["3"].inputs["text"]


def test_the_saved_workflow_converts_to_the_graph_in_api_format(name, nodes):
    """Widgets that the graph leaves at their defaults are all in the saved one."""
    saved, exported = graph_of(drawn(name)), graph_of(API / f"{name}.json")
    assert saved.keys() == exported.keys()
    for node_id, node in exported.items():
        defaults = {each.id: each.options.get("default", "auto") for each in widgets(node.class_type)}
        left_out = saved[node_id].inputs.keys() - node.inputs.keys()
        assert saved[node_id].class_type == node.class_type
        assert saved[node_id].inputs == {**{name: defaults[name] for name in left_out}, **node.inputs}


def test_a_saved_workflow_of_the_time_when_loop_frames_was_called_frames_converts(nodes, tmp_path):
    document = json.loads(drawn("loop_video").read_text(encoding="utf-8"))
    (decoder,) = (node for node in document["nodes"] if node["type"] == "SoraDecodeToVideo")
    (socket,) = (socket for socket in decoder["inputs"] if socket["name"] == "loop_frames")
    socket["name"] = socket["widget"]["name"] = "frames"
    (tmp_path / "former.json").write_text(json.dumps(document), encoding="utf-8")
    former, now = graph_of(tmp_path / "former.json"), graph_of(drawn("loop_video"))
    inputs = now[str(decoder["id"])].inputs
    expected = {name: value for name, value in inputs.items() if name not in ("loop_frames", "frames")}
    assert former[str(decoder["id"])].inputs == {**expected, "frames": inputs["loop_frames"]}


def widgets(class_type):
    is_widget = import_from_pack("headless.ui_widgets").is_widget
    return [each for each in node_registry()[class_type].GET_SCHEMA().inputs if is_widget(each)]


def test_both_formats_connect_the_same_nodes(name):
    document = json.loads(drawn(name).read_text())
    graph = graph_of(API / f"{name}.json")
    links = {(str(source), slot, str(target)) for _, source, slot, target, _, _ in document["links"]}
    assert links == {(link.node_id, link.slot, node.id) for node in graph.values() for link in node.links.values()}

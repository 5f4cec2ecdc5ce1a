"""Blueprints: as one node in a graph each stands for the workflow that it was made of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headless.pack import import_from_pack
from scripts.docs.blueprints import DESCRIPTIONS, OUTSIDE
from scripts.docs.declared import install_host
from scripts.docs.templates import node_registry
from scripts.docs.titles import WORKFLOWS, titles

SOCKETS = {"MODEL", "CLIP", "VAE", "VIDEO", "IMAGE", "MASK"}
SAVE = {"id": 900, "type": "SaveVideo", "outputs": [], "widgets_values": ["out", "auto", "auto"]}


@pytest.fixture(params=DESCRIPTIONS)
def name(request):
    return request.param


def blueprint(name: str) -> dict[str, Any]:
    path = WORKFLOWS.parent / "subgraphs" / f"{titles()[name]} (Sora).json"
    return json.loads(path.read_text(encoding="utf-8"))


def api(name: str) -> dict[str, Any]:
    return json.loads((WORKFLOWS / "api" / f"{name}.json").read_text(encoding="utf-8"))


def in_a_graph(name: str, *left_open: str) -> dict[str, Any]:
    """The blueprint with a node at each socket, and its video saved."""
    document = blueprint(name)
    (node,), links, around = document["nodes"], [], []
    for number, socket in enumerate(node["inputs"], 1):
        if socket["type"] in SOCKETS and socket["name"] not in left_open:
            socket["link"] = number
            links.append([number, 100 + number, 0, 1, number - 1, socket["type"]])
            output = {"name": socket["name"], "type": socket["type"], "links": [number]}
            around.append({"id": 100 + number, "type": f"Gives {socket['name']}", "outputs": [output]})
    node["outputs"][0]["links"] = [99]
    links.append([99, 1, 0, 900, 0, "VIDEO"])
    save = {**SAVE, "inputs": [{"name": "video", "type": "VIDEO", "link": 99}]}
    return {**document, "nodes": [node, *around, save], "links": links}


class Giver:
    """A node that gives something to a blueprint."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def GET_SCHEMA(self) -> Any:
        io = import_from_pack("headless.comfy_api_standin")
        return io.Schema(self.kind, inputs=[], outputs=[getattr(io.io, self.kind.capitalize()).Output()])


def converted(document: dict[str, Any]) -> dict[str, Any]:
    """The graph that the browser would queue."""
    install_host()
    given = [node for node in document["nodes"] if node["type"].startswith("Gives ")]
    registry = node_registry() | {node["type"]: Giver(node["outputs"][0]["type"]) for node in given}
    to_api = import_from_pack("headless.ui_format").to_api_format
    return to_api(document, registry, lambda line: pytest.fail(line))


def test_a_blueprint_in_a_graph_is_the_workflow_with_other_ends(name):
    """Each input that the workflow gets from outside comes from one socket, and all values are the workflow's."""
    document, workflow = in_a_graph(name, "audio_vae"), api(name)
    found, ends = converted(document), {}
    inside = {node_id: node for node_id, node in workflow.items() if node["class_type"] not in OUTSIDE}
    assert {key.removeprefix("1:") for key in found if key.startswith("1:")} == set(inside)
    for node_id, node in inside.items():
        inputs = found[f"1:{node_id}"]["inputs"]
        for key, value in node["inputs"].items():
            if isinstance(value, list) and value[0] in inside:
                assert inputs[key] == [f"1:{value[0]}", value[1]]
            elif isinstance(value, list):
                assert ends.setdefault((value[0], value[1]), inputs[key]) == inputs[key]
            else:
                assert inputs[key] == value
    assert len(set(map(str, ends.values()))) == len(ends)


def test_a_value_on_the_node_of_a_blueprint_reaches_the_node_inside(name):
    document = in_a_graph(name, "audio_vae")
    node = next(node for node in document["nodes"] if node["id"] == 1)
    shown = [socket["name"] for socket in node["inputs"] if "widget" in socket]
    node["widgets_values"] = [f"{each} of the user" for each in shown]
    found = converted(document)
    assert found["1:3"]["inputs"]["text"] == "prompt of the user"
    assert found["1:2"]["inputs"]["text"] == "negative_prompt of the user"
    for key in ("seed", "steps", "guidance", "shift"):
        assert found["1:5"]["inputs"][key] == f"{key} of the user"
    values = found["1:4"]["inputs"]
    assert {values[key] for key in values if key in shown} == {f"{key} of the user" for key in values if key in shown}


def test_a_vae_of_sound_reaches_every_node_that_takes_one(name):
    found = converted(in_a_graph(name))
    takes = [node["inputs"] for key, node in found.items() if key.startswith("1:") and "vae" in node["inputs"]]
    assert len(takes) > 1
    assert len({str(inputs["audio_vae"]) for inputs in takes}) == 1


def test_its_name_is_that_of_its_workflow_and_tells_whose_it_is():
    files = {path.stem for path in (WORKFLOWS.parent / "subgraphs").glob("*.json")}
    assert files == {f"{titles()[name]} (Sora)" for name in DESCRIPTIONS}
    for name, description in DESCRIPTIONS.items():
        extra = blueprint(name)["extra"]
        assert extra["BlueprintDescription"] == description

"""Writes subgraphs/*.json, the blueprints of ComfyUI: a whole workflow as one node, in the search and the node library.

Made of the graphs of workflows: what loads, shows and saves stays outside, and what is set every time is on the node.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .declared import WIDGETS
from .drawing import Drawing
from .layout import BETWEEN, place
from .templates import node_registry
from .titles import titles

DESCRIPTIONS = {
    "text_to_video": "Makes a video of what a prompt says.",
    "animate_image": "Makes a video that begins with an image.",
    "extend_video": "Goes on from the end of a video, or leads up to its beginning; its frames, rate and sound stay.",
    "loop_video": "Closes a video into a loop: what leads from its end back to its beginning is generated.",
    "connect_videos": "Generates a transition from one video to another, and puts both around it.",
    "inpaint_video": "Generates a region of a video anew; all other pixels, the rate and the sound stay.",
}  # of the workflows that are blueprints
LOADERS = ("SoraLoadModel",)  # whose outputs are the first inputs
OUTSIDE = (*LOADERS, "SoraSampleClip", "LoadImage", "SolidMask", "MaskComposite", "SaveVideo")
PROMPTS = (("3", "text", "prompt"), ("2", "text", "negative_prompt"))
CANVAS, SAMPLER = "4", "5"
OF_SAMPLER = ("seed", "steps", "guidance", "shift")
OPTIONAL = "audio_vae"  # a socket that models of frames alone leave open
INPUT, OUTPUT, OPTIONAL_SHAPE = -10, -20, 7
SLOT = 20  # pixels between sockets

Node = dict[str, Any]


def texts(root: Path) -> dict[str, str]:
    """Write every blueprint: path -> text. The nodes need a host; see declared.install_host."""
    registry, title, written = node_registry(), titles(), {}
    for name, description in DESCRIPTIONS.items():
        graph = json.loads((root / "workflows" / "api" / f"{name}.json").read_text(encoding="utf-8"))
        blueprint = Blueprint(f"{title[name]} (Sora)", description, graph, registry)
        written[f"subgraphs/{blueprint.title}.json"] = json.dumps(blueprint.document(), indent=1) + "\n"
    return written


class Blueprint:
    """One graph as a subgraph. registry: node classes by name."""

    def __init__(self, title: str, description: str, graph: Mapping[str, Any], registry: Mapping[str, Any]) -> None:
        self.title, self.description, self.graph, self.registry = title, description, dict(graph), registry
        self.id = self._uuid("")
        drawing = Drawing(title, self.graph, "", registry, {})
        drawn = {node["id"]: node for node in drawing.nodes()}
        self.nodes = [node for node in drawn.values() if node["type"] not in OUTSIDE]
        self.inside = {node["id"]: node for node in self.nodes}
        self.links: list[dict[str, Any]] = []
        self.inputs: list[dict[str, Any]] = []
        self.outputs: list[dict[str, Any]] = []
        self._cut(drawing.links, drawn)
        for node in self.nodes:
            self._join(node["id"], OPTIONAL, OPTIONAL)
        for node_id, name, shown in [*PROMPTS, *self._widgets()]:
            self._join(int(node_id), name, shown)
        between = [
            [link["id"], link["origin_id"], 0, link["target_id"]] for link in self.links if link["origin_id"] != INPUT
        ]
        place(self.nodes, drawing.stages(self.nodes), between, None)

    def document(self) -> dict[str, Any]:
        """Return the file: a workflow whose only node is the subgraph."""
        schema = self.registry[self.graph[CANVAS]["class_type"]].GET_SCHEMA()
        node = {
            "id": 1,
            "type": self.id,
            "pos": [0, 0],
            "size": [300, 30 + 24 * len(self.inputs)],
            "flags": {},
            "order": 0,
            "mode": 0,
            "inputs": [self._socket(given) for given in self.inputs],
            "outputs": [{"name": each["name"], "type": each["type"], "links": []} for each in self.outputs],
            "title": self.title,
            "properties": {},
            "widgets_values": [],
        }
        return {
            "id": self._uuid("file"),
            "revision": 0,
            "last_node_id": 1,
            "last_link_id": 0,
            "nodes": [node],
            "links": [],
            "version": 0.4,
            "definitions": {"subgraphs": [self._subgraph()]},
            "extra": {"BlueprintDescription": self.description, "BlueprintSearchAliases": schema.search_aliases},
        }

    def _subgraph(self) -> dict[str, Any]:
        right = max(node["pos"][0] + node["size"][0] for node in self.nodes)
        for each, left in ((self.inputs, -BETWEEN), (self.outputs, right + BETWEEN)):
            for number, socket in enumerate(each):
                socket["pos"] = [left, SLOT * (number + 1)]
        return {
            "id": self.id,
            "version": 1,
            "state": {
                "lastGroupId": 0,
                "lastNodeId": max(self.inside),
                "lastLinkId": len(self.links),
                "lastRerouteId": 0,
            },
            "revision": 0,
            "config": {},
            "name": self.title,
            "inputNode": {"id": INPUT, "bounding": [-BETWEEN - 160, 0, 160, SLOT * (len(self.inputs) + 2)]},
            "outputNode": {"id": OUTPUT, "bounding": [right + BETWEEN, 0, 120, SLOT * (len(self.outputs) + 2)]},
            "inputs": self.inputs,
            "outputs": self.outputs,
            "widgets": [],
            "nodes": self.nodes,
            "groups": [],
            "links": self.links,
            "extra": {},
            "category": "Sora Video",
            "description": self.description,
        }

    def _cut(self, links: list[list[Any]], drawn: Mapping[int, Node]) -> None:
        """Lead links across the border to the ends of the subgraph; a source has the name that the canvas gives it."""
        for node in self.nodes:
            for socket in node["inputs"]:
                socket["link"] = None
            for output in node["outputs"]:
                output["links"] = None
        ends: dict[tuple[int, int], int] = {}
        in_order = sorted(links, key=lambda link: self._rank(link, drawn))
        for _, source, out_slot, target, in_slot, kind in in_order:
            name = drawn[target]["inputs"][in_slot]["name"]
            if target not in self.inside:
                if source in self.inside:
                    self.outputs.append(self._end(name, kind))
                    self._link(source, out_slot, OUTPUT, len(self.outputs) - 1, kind)
            elif source in self.inside:
                self._link(source, out_slot, target, in_slot, kind)
            else:
                slot = ends.setdefault((source, out_slot), len(self.inputs))
                if slot == len(self.inputs):
                    self.inputs.append(self._end(name, kind))
                self._link(INPUT, slot, target, in_slot, kind)

    def _rank(self, link: list[Any], drawn: Mapping[int, Node]) -> tuple[bool, int, bool]:
        """MODEL, CLIP and VAE first, in the order of the loader; then sources, as the canvas names them."""
        loads = drawn[link[1]]["type"] in LOADERS
        return not loads, link[2] if loads else 0, link[3] != int(CANVAS)

    def _join(self, node_id: int, name: str, shown: str) -> None:
        """Show an input of a node, which others may share, as one of the subgraph."""
        for slot, socket in enumerate(self.inside[node_id]["inputs"]):
            if socket["name"] != name:
                continue
            names = [each["name"] for each in self.inputs]
            if shown not in names:
                self.inputs.append(self._end(shown, socket["type"]))
                names.append(shown)
            self._link(INPUT, names.index(shown), node_id, slot, socket["type"])

    def _widgets(self) -> list[tuple[str, str, str]]:
        """Those of the canvas that the graph sets, and some of the sampler: node, input, and the name to show."""
        schema = self.registry[self.graph[CANVAS]["class_type"]].GET_SCHEMA()
        given = self.graph[CANVAS]["inputs"]
        of_canvas = [each.id for each in schema.inputs if each.io_type in WIDGETS and each.id in given]
        return [(CANVAS, name, name) for name in of_canvas] + [(SAMPLER, name, name) for name in OF_SAMPLER]

    def _link(self, source: int, out_slot: int, target: int, in_slot: int, kind: str) -> None:
        number = len(self.links) + 1
        ends = {"origin_id": source, "origin_slot": out_slot, "target_id": target, "target_slot": in_slot}
        self.links.append({"id": number, **ends, "type": kind})
        if source == INPUT:
            self.inputs[out_slot]["linkIds"].append(number)
        else:
            output = self.inside[source]["outputs"][out_slot]
            output["links"] = [*(output["links"] or []), number]
        if target == OUTPUT:
            self.outputs[in_slot]["linkIds"].append(number)
        else:
            self.inside[target]["inputs"][in_slot]["link"] = number

    def _end(self, name: str, kind: str) -> dict[str, Any]:
        return {"id": self._uuid(name), "name": name, "type": kind, "linkIds": [], "label": name.replace("_", " ")}

    def _socket(self, given: Mapping[str, Any]) -> dict[str, Any]:
        socket = {"name": given["name"], "label": given["label"], "type": given["type"], "link": None}
        if given["type"] in WIDGETS:
            return {**socket, "widget": {"name": given["name"]}}
        return {**socket, "shape": OPTIONAL_SHAPE} if given["name"] == OPTIONAL else socket

    def _uuid(self, part: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sora-video/subgraphs/{self.title}/{part}"))

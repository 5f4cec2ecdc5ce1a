"""Draws a graph in API format as ComfyUI's canvas opens it: places, sockets, widgets in order, and a note."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .families import ModelFile
from .layout import height, place, routed, stage, view, width

NOTE_HEIGHT = 300


class Drawing:
    """Draws one graph. registry: node classes by name. files: files of weights by name, for the front end to offer."""

    def __init__(
        self,
        name: str,
        graph: dict[str, Any],
        note: str,
        registry: Mapping[str, Any],
        files: Mapping[str, ModelFile],
    ) -> None:
        self.name, self.graph, self.note = name, graph, note
        self.registry, self.files = registry, files
        self.links: list[list[Any]] = []

    def text(self) -> str:
        """Return the file that ComfyUI opens."""
        return json.dumps(self.document(), indent=1) + "\n"

    def document(self) -> dict[str, Any]:
        """Return the workflow as the front end saves it."""
        nodes = self.nodes()
        note = self._note(max(node["id"] for node in nodes) + 1, len(nodes))
        place(nodes, self.stages(nodes), self.links, note)
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"sora-video/{self.name}")),
            "revision": 0,
            "last_node_id": note["id"],
            "last_link_id": len(self.links),
            "nodes": [*nodes, note],
            "links": self.links,
            "groups": [],
            "config": {},
            "extra": {"ds": view([*nodes, note]), **routed(self.links, nodes)},
            "version": 0.4,
        }

    def nodes(self) -> list[dict[str, Any]]:
        """Return the nodes as saved, without places; fills in `links`."""
        nodes = [self._node(node_id, order) for order, node_id in enumerate(self.graph)]
        by_id = {node["id"]: node for node in nodes}
        for link, source, out_slot, target, in_slot, _ in self.links:
            by_id[target]["inputs"][in_slot]["link"] = link
            output = by_id[source]["outputs"][out_slot]
            output["links"] = [*(output["links"] or []), link]
        return nodes

    def stages(self, nodes: Sequence[dict[str, Any]]) -> dict[int, str]:
        """Return the stage of each node; a grid that other nodes lay something on comes before them."""
        found = {node["id"]: stage(node["type"], self.registry[node["type"]].GET_SCHEMA().category) for node in nodes}
        if list(found.values()).count("canvas") > 1:
            found |= {node["id"]: "parts" for node in nodes if node["type"] == "SoraVideoGrid"}
        return found

    def _node(self, node_id: str, order: int) -> dict[str, Any]:
        given = self.graph[node_id]
        schema = self.registry[given["class_type"]].GET_SCHEMA()
        sockets, widgets, values = [], [], []
        for declared in _inputs(schema, given["inputs"]):
            of_front_end = given["class_type"] == "SaveVideo" and declared.id.endswith("encoding")
            if of_front_end or declared.extra_dict.get("hidden"):
                continue  # added by the front end, or for graphs of former times
            entry: dict[str, Any] = {"name": declared.id, "type": declared.io_type, "link": None}
            if declared.optional:
                entry["shape"] = 7
            if declared.io_type not in ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"):
                sockets.append(entry)
                continue
            widgets.append({**entry, "widget": {"name": declared.id}})
            value = given["inputs"].get(declared.id)
            values.append(
                declared.options.get("default", "auto") if value is None or isinstance(value, list) else value
            )
            if declared.options.get("control_after_generate"):
                values.append("randomize")
        if given["class_type"] == "LoadImage":
            values.append("image")  # the button for an upload is a widget too
        inputs = sockets + widgets
        for slot, entry in enumerate(inputs):
            value = given["inputs"].get(entry["name"])
            if isinstance(value, list):
                kind = self.registry[self.graph[value[0]]["class_type"]].GET_SCHEMA().outputs[value[1]].io_type
                entry["type"] = kind if "widget" not in entry else entry["type"]
                self.links.append([len(self.links) + 1, int(value[0]), value[1], int(node_id), slot, kind])
        outputs = [{"name": out.display_name, "type": out.io_type, "links": None} for out in schema.outputs]
        title = given["_meta"]["title"]
        node = {
            "id": int(node_id),
            "type": given["class_type"],
            "pos": [0, 0],
            "size": [width(given["class_type"]), 0],
            "flags": {},
            "order": order,
            "mode": 0,
            "inputs": inputs,
            "outputs": outputs,
            "properties": {"Node name for S&R": given["class_type"], **self._downloads(given)},
            "widgets_values": values,
        }
        node["size"][1] = height(given["class_type"], max(len(sockets), len(outputs)), len(values))
        return node if title == schema.display_name else {**node, "title": title}

    def _downloads(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the front end offers to download for a node."""
        files = [self.files[value] for value in given["inputs"].values() if str(value) in self.files]
        models = [{"name": file.name, "url": file.url, "directory": file.directory} for file in files]
        return {"models": models} if models else {}

    def _note(self, node_id: int, order: int) -> dict[str, Any]:
        return {
            "id": node_id,
            "type": "MarkdownNote",
            "pos": [0, 0],
            "size": [width("MarkdownNote"), NOTE_HEIGHT],
            "flags": {},
            "order": order,
            "mode": 0,
            "inputs": [],
            "outputs": [],
            "title": "How to use this",
            "properties": {},
            "widgets_values": [self.note],
            "color": "#222",
            "bgcolor": "#000",
        }


def _inputs(schema: Any, given: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the inputs of a node; of those that grow the ones that a graph gives, and the next one."""
    for declared in schema.inputs:
        if not hasattr(declared, "grown"):
            yield declared
            continue
        grown = declared.grown()
        used = [place for place, one in enumerate(grown) if one.id in given]
        yield from grown[: max(used, default=-1) + 2]

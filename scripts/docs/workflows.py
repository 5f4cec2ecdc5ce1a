"""Draws workflows/*.json, the graphs for ComfyUI's canvas, from those in API format.

A graph in API format has nodes and links; the drawing adds positions, sockets, widgets in order, and a note. Graphs
with a text in notes/ are written by hand; the others are templates, whose loaders say where their files can be had.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .families import ModelFile
from .templates import node_registry, templates
from .titles import titles

COLUMN, GAP, ROW = 350, 80, 26  # pixels: width of a column with its gap, gap between nodes, height of a widget row
NOTE_HEIGHT = 330
LOADERS = {
    "SoraLoadModel",
    "UNETLoader",
    "CLIPLoader",
    "VAELoader",
    "CheckpointLoaderSimple",
    "LTXAVTextEncoderLoader",
    "LTXVAudioVAELoader",
    "LoraLoaderModelOnly",
    "SoraTwoExperts",
}
TOP = LOADERS | {"SoraEncodeText", "SoraSampler", "SoraDecodeToVideo", "SoraJoinVideos", "SoraPasteBack", "SaveVideo"}
LANE = 424  # y of the other nodes: below the prompts, so that their links to the sampler stay visible
WIDTHS = {"SaveVideo": 400}
MORE_HEIGHT = {"SaveVideo": 280, "SoraEncodeText": 60}  # for a player, and for a text field
NEGATIVE = "Negative prompt"
OWN_SOURCE = (
    "Put **Load Video** in the place of **Sora Sample Clip** for a video of your own: any size, rate and length.\n\n"
)
OWN_MODEL = (
    "The bundled model *nano* is small and knows simple moving shapes, at 64x64 pixels and 8 frames per second. "
    "For other weights change **Sora Load Model**, or connect any video MODEL, CLIP and VAE that ComfyUI loads; then "
    "set `size` and `fps` to what that model was trained at (Wan 2.1: 480 to 720, and 16)."
)


def texts(root: Path) -> dict[str, str]:
    """Draw every graph: path -> text. Templates come in API format too. The nodes need a host; see install_host."""
    folder, registry, written, title = root / "workflows", node_registry(), {}, titles()
    for path in sorted((folder / "notes").glob("*.md")):
        graph = json.loads((folder / "api" / f"{path.stem}.json").read_text(encoding="utf-8"))
        drawing = Drawing(path.stem, graph, note(path.read_text(encoding="utf-8"), graph), registry, {})
        written[f"workflows/{title[path.stem]}.json"] = drawing.text()
    for template in templates():
        files = {file.name: file for file in template.family.files()}
        drawing = Drawing(template.stem, template.graph, note(template.note, template.graph, ""), registry, files)
        written[f"workflows/api/{template.stem}.json"] = template.text()
        written[f"workflows/{title[template.stem]}.json"] = drawing.text()
    return written


def note(written: str, graph: dict[str, Any], own_model: str = OWN_MODEL) -> str:
    """Write a graph's note: its text, with each paragraph on one line, and how to use other sources and models."""
    paragraphs = re.sub(r"(?<=\S)\n *(?!\s|\d+\. |- )", " ", written.strip())
    has_source = any(node["class_type"] == "SoraSampleClip" for node in graph.values())
    return f"{paragraphs}\n\n{OWN_SOURCE if has_source else ''}{own_model}".strip()


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
        nodes = [self._node(node_id, order) for order, node_id in enumerate(self.graph)]
        by_id = {node["id"]: node for node in nodes}
        for link, source, out_slot, target, in_slot, _ in self.links:
            by_id[target]["inputs"][in_slot]["link"] = link
            output = by_id[source]["outputs"][out_slot]
            output["links"] = [*(output["links"] or []), link]
        note = self._note(max(by_id) + 1, len(nodes))
        self._place(nodes, note)
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"sora-video/{self.name}")),
            "revision": 0,
            "last_node_id": note["id"],
            "last_link_id": len(self.links),
            "nodes": [*nodes, note],
            "links": self.links,
            "groups": [],
            "config": {},
            "extra": {"ds": {"scale": 0.7, "offset": [140, 150]}},
            "version": 0.4,
        }

    def _node(self, node_id: str, order: int) -> dict[str, Any]:
        given = self.graph[node_id]
        schema = self.registry[given["class_type"]].GET_SCHEMA()
        sockets, widgets, values = [], [], []
        for declared in schema.inputs:
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
            "size": [WIDTHS.get(given["class_type"], COLUMN - 50), 0],
            "flags": {},
            "order": order,
            "mode": 0,
            "inputs": inputs,
            "outputs": outputs,
            "properties": {"Node name for S&R": given["class_type"], **self._downloads(given)},
            "widgets_values": values,
        }
        rows = max(len(sockets), len(outputs)) + len(values)
        node["size"][1] = 20 + ROW * rows + MORE_HEIGHT.get(given["class_type"], 0)
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
            "size": [COLUMN - 50, NOTE_HEIGHT],
            "flags": {},
            "order": order,
            "mode": 0,
            "inputs": [],
            "outputs": [],
            "title": "How to use this",
            "properties": {},
            "widgets_values": [self.note],
            "color": "#432",
            "bgcolor": "#653",
        }

    def _place(self, nodes: list[dict[str, Any]], note: dict[str, Any]) -> None:
        """Place nodes in columns by their distance from the loaders: common nodes on top, sources and abilities below.

        The note is below the loader, and the prompt above the negative prompt.
        """
        depth: dict[int, int] = {}

        def of(node_id: int) -> int:
            if node_id not in depth:
                before = [of(source) for _, source, _, target, _, _ in self.links if target == node_id]
                depth[node_id] = 1 + max(before) if before else 0
            return depth[node_id]

        top = sorted((node for node in nodes if node["type"] in TOP), key=lambda node: node.get("title") == NEGATIVE)
        bottom: dict[int, int] = {}
        for node in [*top, note, *(node for node in nodes if node["type"] not in TOP)]:
            column = of(node["id"])
            above = bottom.get(column, 0)
            node["pos"] = [column * COLUMN, above if node is note or node["type"] in TOP else max(LANE, above)]
            bottom[column] = node["pos"][1] + node["size"][1] + GAP

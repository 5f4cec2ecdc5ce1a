"""The ability workflows for ComfyUI's canvas, drawn from their graphs: python scripts/draw_workflows.py

A graph in API format says what is connected; the drawing adds places, sockets, widgets in order, and a note.
"""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COLUMN, GAP, ROW = 350, 80, 26  # pixels: width of a column with its gap, gap between nodes, height of a row in one
NOTE_HEIGHT = 330
TOP = {"SoraLoadModel", "SoraEncodeText", "SoraSampler", "SoraDecodeToVideo", "SoraJoinVideos", "SaveVideo"}
LANE = 424  # where the rest begins: below the prompts, so that their links to the sampler lie open
WIDTHS = {"SaveVideo": 400}
MORE_HEIGHT = {"SaveVideo": 280, "SoraEncodeText": 60}  # a player, a text field
NEGATIVE = "Negative prompt"
SWAP = (
    "Put **Load Video** in the place of **Sora Sample Clip** for a video of your own: any size, rate and length.\n\n"
    "The bundled model *nano* is small and knows simple moving shapes, at 64x64 pixels and 8 frames per second. "
    "For other weights change **Sora Load Model**, or connect any video MODEL, CLIP and VAE that ComfyUI loads; then "
    "set `size` and `fps` to what that model was trained at (Wan 2.1: 480 to 720, and 16)."
)
NOTES = {
    "animate_image": "## Animate an image\n\nThe video begins with the image; **Prompt** says what happens then. Here "
    "the image is the first frame of a clip: use **Load Image** for your own.",
    "extend_video": "## Extend a video\n\n`after` goes on from its end, `before` leads up to its beginning; set both "
    "for both. Connect a latent of **Sora Sampler** to go on without decoding. **Sora Join Videos** puts the source's "
    "own frames back, and matches the colours of what is new. To extend again and again set guidance to 1 and put "
    "**Sora History Guidance** on the model: sizes and colours then stay.",
    "connect_videos": "## Connect two videos\n\nWhat lies between the two is invented, in `seconds`.",
    "loop_video": "## Close a loop\n\nWhat leads from the end back to the beginning is invented, in `seconds`. "
    "`frames` tells the decoder where a turn ends and fades into its beginning. **Prompt** says what is there, not how "
    "it moves, and guidance is 1: the clip knows its way.",
    "edit_video": "## Edit a video\n\n**Prompt** says how it should be, `strength` how much of the source may go. "
    "Around 0.5 colours change and places stay; at 1 nothing does.",
    "morph_videos": "## Morph two videos\n\nOne fades into the other, and what is in the middle is drawn again as "
    "**Prompt** says, the more freely the higher `strength`. The longer clip is cut to the length of the other.",
    "keyframes": "## Keyframes\n\nEach **Sora Keyframe** puts one more picture, or a clip, at a moment of the canvas, "
    "in any order and number; the rest is invented. Use **Load Image** for pictures of your own.",
    "outpaint_video": "## Outpaint a video\n\nAnother aspect ratio without a cut: what is around the source is "
    "invented. `position` says where it stands. For borders of any size use core's **Pad Image for Outpainting** with "
    "**Sora Inpaint Video**.",
    "inpaint_time": "## Inpaint for a time\n\n**Sora Time Range** opens the source from one moment to another; with a "
    "mask as `region` only there. What is before and after stays.",
    "long_video": "## A long video\n\n**Sora Windows** lets the sampler go on window by window, so that `seconds` may "
    "be any number. The prompt is the same for all windows: guidance is 1, so that the first motion is not asked for "
    "again and again. For a source of your own put **Sora Extend Video** in the place of **Sora Video Grid**.",
    "inpaint_video": "## Inpaint a region\n\nThe region is a mask, here the right half; one for all frames, or one "
    "per frame. Use **Load Image (as Mask)** or any mask node for your own.",
}


def main(arguments: list[str]) -> int:
    """Draw all of them; the exit code."""
    if arguments:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(ROOT))
    for name in NOTES:
        graph = json.loads((ROOT / "workflows" / "api" / f"{name}.json").read_text())
        document = Drawing(name, graph).document()
        (ROOT / "workflows" / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    return 0


class Drawing:
    """One graph on its way to a picture."""

    def __init__(self, name: str, graph: dict[str, Any]) -> None:
        from headless.pack import import_from_pack

        import_from_pack("headless.comfy_api_standin").install()
        terminal = import_from_pack("headless.terminal").Terminal()
        host = import_from_pack("headless.host").HeadlessHost(
            model_roots=[], temp=ROOT, device="cpu", terminal=terminal
        )
        import_from_pack("nodes.host").install(host)
        self.name, self.graph = name, graph
        self.registry = import_from_pack("headless.registry").all_nodes()
        self.links: list[list[Any]] = []

    def document(self) -> dict[str, Any]:
        """The workflow as the front end saves it."""
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
            if given["class_type"] == "SaveVideo" and declared.id.endswith("encoding"):
                continue  # the front end makes these itself
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
            "properties": {"Node name for S&R": given["class_type"]},
            "widgets_values": values,
        }
        rows = max(len(sockets), len(outputs)) + len(values)
        node["size"][1] = 20 + ROW * rows + MORE_HEIGHT.get(given["class_type"], 0)
        return node if title == schema.display_name else {**node, "title": title}

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
            "widgets_values": [f"{NOTES[self.name]}\n\n{SWAP}"],
            "color": "#432",
            "bgcolor": "#653",
        }

    def _place(self, nodes: list[dict[str, Any]], note: dict[str, Any]) -> None:
        """Columns by how far a node is from the loaders: what every graph has at the top, sources and abilities below.

        The note is below the loader, and the prompt above the negative one.
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

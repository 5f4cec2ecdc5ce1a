"""Nodes of ComfyUI that the templates use: their sockets and widgets, as a real ComfyUI describes them.

`python -m scripts.docs.core_nodes http://127.0.0.1:8188` records them in core_nodes.json beside this file.
"""

from __future__ import annotations

import json
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from headless.pack import import_from_pack

RECORD = Path(__file__).with_name("core_nodes.json")
NAMES = (
    "CheckpointLoaderSimple",
    "CLIPLoader",
    "LTXAVTextEncoderLoader",
    "LTXVAudioVAELoader",
    "LTXVConditioning",
    "LTXVScheduler",
    "LoadImage",
    "LoraLoaderModelOnly",
    "UNETLoader",
    "VAELoader",
    "Video Slice",
)
FILES = ("ckpt_name", "clip_name", "image", "lora_name", "text_encoder", "unet_name", "vae_name")
"""Inputs whose choices are the files that somebody has."""
KEPT = ("default", "min", "max", "step")  # options of a widget


def described(info: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a node's entry in /object_info."""
    inputs = [
        _input(name, info["input"][kind][name], optional=kind == "optional")
        for kind in ("required", "optional")
        for name in info["input_order"].get(kind, ())
    ]
    outputs = [list(pair) for pair in zip(info["output_name"], info["output"], strict=True)]
    return {"title": info["display_name"] or info["name"], "inputs": inputs, "outputs": outputs}


def node_classes(files: Iterable[str]) -> dict[str, Any]:
    """The recorded nodes by name, as classes that only have a schema. files: names that their inputs may choose."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    return {name: _node_class(name, entry, [*files]) for name, entry in record.items()}


def _input(name: str, entry: list[Any], *, optional: bool) -> dict[str, Any]:
    """An input, from either way in which /object_info writes a choice."""
    kind, options = entry[0], entry[1] if len(entry) > 1 else {}
    kept = {key: options[key] for key in KEPT if key in options}
    if isinstance(kind, list) or kind == "COMBO":
        choices = kind if isinstance(kind, list) else options["options"]
        kind, kept = "COMBO", {**kept, **({} if name in FILES else {"options": choices})}
    return {"name": name, "type": kind, "optional": optional, **kept}


def _node_class(name: str, entry: dict[str, Any], files: list[str]) -> Any:
    standin = import_from_pack("headless.comfy_api_standin")
    types = {"INT": "Int", "FLOAT": "Float", "STRING": "String", "BOOLEAN": "Boolean", "COMBO": "Combo"}
    inputs = []
    for given in entry["inputs"]:
        options = {key: value for key, value in given.items() if key not in ("name", "type")}
        if given["name"] in FILES:
            options["options"] = files
        kind = getattr(standin.io, types.get(given["type"], given["type"].capitalize()))
        inputs.append(kind.Input(given["name"], **options))
    outputs = [getattr(standin.io, kind.capitalize()).Output(display_name=shown) for shown, kind in entry["outputs"]]

    class Recorded(standin.ComfyNode):  # type: ignore[misc, name-defined]
        @classmethod
        def define_schema(cls) -> Any:
            return standin.Schema(name, display_name=entry["title"], inputs=inputs, outputs=outputs)

    return Recorded


def main(arguments: list[str]) -> int:
    """Ask a running ComfyUI for each node and write the record; returns the exit code."""
    if len(arguments) != 1:
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    record = {}
    for name in NAMES:
        with urllib.request.urlopen(f"{arguments[0]}/object_info/{urllib.parse.quote(name)}") as answer:
            record[name] = described(json.load(answer)[name])
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

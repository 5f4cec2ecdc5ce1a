"""Draws workflows/*.json, the graphs for ComfyUI's canvas, from those in API format.

A graph in API format has nodes and links; the drawing adds positions, sockets, widgets in order, and a note. Graphs
with a text in notes/ are written by hand; the others are templates, whose loaders say where their files can be had.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .drawing import Drawing
from .templates import node_registry, templates
from .titles import titles

OWN_SOURCE = (
    "For a video of your own put **Load Video** in the place of **Sora Sample Clip**: any size, rate and length.\n\n"
)
OWN_MODEL = (
    "The bundled model is a small one for demonstration: simple moving shapes, 64x64 pixels, 8 frames per second. For "
    "other weights connect any video MODEL, CLIP and VAE, and set `size`, `fps` and `shift` as that model wants them "
    "(Wan 2.1: 640, 16 and 8)."
)


def texts(root: Path) -> dict[str, str]:
    """Draw every graph: path -> text. Templates come in API format too. The nodes need a host; see install_host.

    The browser gets the titles in their order.
    """
    folder, registry, title = root / "workflows", node_registry(), titles()
    written = {"web/templates.json": json.dumps([*title.values()], indent=2) + "\n"}
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

"""Generates locales/<language>/nodeDefs.json: names and tooltips of nodes in ComfyUI's translation format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .declared import Node, Socket

ENGLISH = "en"


def texts(nodes: Iterable[Node], language: str) -> dict[str, str]:
    """Generate the file of a language, for nodes with their texts in it: path -> text."""
    return {
        f"locales/{language}/nodeDefs.json": json.dumps(
            {node.id: _entry(node) for node in nodes}, indent=2, ensure_ascii=False
        )
        + "\n"
    }


def _entry(node: Node) -> dict[str, Any]:
    return {
        "display_name": node.title,
        "description": node.description,
        "inputs": {socket.id: _socket(socket) for socket in node.inputs},
        "outputs": {str(slot): _socket(socket) for slot, socket in enumerate(node.outputs)},
    }


def _socket(socket: Socket) -> dict[str, str]:
    return {"name": socket.label, "tooltip": socket.tooltip}

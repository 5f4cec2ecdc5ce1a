"""Nodes and subgraphs of workflows as the browser part of ComfyUI saves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Saved = dict[str, Any]


def node(
    number: int, kind: str, inputs: Sequence[tuple[str, str, int]] = (), outputs: Sequence[str] = (), **more: Any
) -> Saved:
    """inputs: (name, type, link). outputs: types."""
    sockets = [{"name": name, "type": of, "link": link} for name, of, link in inputs]
    return {"id": number, "type": kind, "inputs": sockets, "outputs": [{"name": o, "type": o} for o in outputs], **more}


def load(number: int = 1, **more: Any) -> Saved:
    return node(number, "LoadImage", outputs=("IMAGE", "MASK"), widgets_values=["a.png", "image"], **more)


def save(number: int = 9, link: int = 1, prefix: str = "out", **more: Any) -> Saved:
    return node(number, "SaveImage", [("images", "IMAGE", link)], ["IMAGE"], widgets_values=[prefix], **more)


def frames(number: int, link: int, **more: Any) -> Saved:
    inputs = [("image", "IMAGE", link)]
    return node(number, "ImageFromBatch", inputs, ["IMAGE"], widgets_values=[0, 1], **more)


def subgraph(
    inner: list[Saved], links: Sequence[tuple[int, ...]], name: str = "twice", of: Sequence[str] = ("images",)
) -> Saved:
    """links: number, origin, its slot, target, its slot; -10 and -20 are the ends. of: names of the inputs."""
    return {
        "id": name,
        "inputs": [{"name": each} for each in of],
        "outputs": [{"name": "IMAGE"}],
        "nodes": inner,
        "links": [
            dict(zip(("id", "origin_id", "origin_slot", "target_id", "target_slot"), link, strict=True))
            for link in links
        ],
    }

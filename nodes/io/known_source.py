"""What is known of a source before anything runs: its size and length, where a node loads it from a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...sora_core.video.file_frames import FileFrames
from ...sora_core.video.pictures import read_pictures
from ...sora_core.video.watching import LOG, Unheard
from .. import host

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
Graph = Mapping[str, Any]  # node id -> {"class_type", "inputs"}, as in API format


class Known(NamedTuple):
    """Size in pixels; frames, and frames per second, 0 where images have lost it."""

    height: int
    width: int
    frames: int
    fps: float


def known_source(graph: Graph | None, node_id: str | None, name: str) -> Known | None:
    """The facts of what is linked to an input of a node; None for what only a run can tell.

    graph: the one that the host checks or runs; None asks the host for it.
    """
    linked = _linked(graph or host.current().checked_graph() or {}, node_id, name)
    if linked is None:
        return None
    graph, source, slot = linked
    node = graph[source]
    class_type, inputs = node.get("class_type"), node.get("inputs", {})
    if class_type == "GetVideoComponents" and slot == 0:
        video = known_source(graph, source, "video")
        return video and video._replace(fps=0.0)
    path = _path(class_type, inputs)
    if path is None or slot:
        return None
    try:
        frames = read_pictures(path).colours if class_type == "LoadImage" else FileFrames(path, watch=Unheard(LOG))
    except (ValueError, OSError):
        return None  # the node that loads it says so
    return Known(frames.shape[1], frames.shape[2], frames.shape[0], getattr(frames, "fps", 0.0))


def _linked(graph: Graph, node_id: str | None, name: str) -> tuple[Graph, str, int] | None:
    """The graph, with id and output of the node that is linked to an input."""
    if node_id is None or node_id not in graph:
        return None
    link = graph[node_id].get("inputs", {}).get(name)
    if not isinstance(link, list) or len(link) != 2 or link[0] not in graph:
        return None
    return graph, link[0], link[1]


def _path(class_type: Any, inputs: Mapping[str, Any]) -> Path | None:
    """The file that a node loads, where its name is a constant."""
    given = inputs.get({"LoadVideo": "file", "LoadImage": "image", "SoraSampleClip": "clip"}.get(class_type, ""))
    if not isinstance(given, str):
        return None
    if class_type == "SoraSampleClip":
        return SAMPLES / f"{Path(given).name}.mp4"
    return host.current().input_file(given)

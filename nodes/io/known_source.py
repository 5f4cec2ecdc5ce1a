"""What is known of a source before anything runs: its size and length, where a node loads it from a file.

The graph is as a stranger sent it, and may be of any form. Where it or the file is wrong, other nodes say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...sora_core.video.file_frames import FileFrames
from ...sora_core.video.file_reader import read_file
from ...sora_core.video.pictures import picture_size
from ...sora_core.video.watching import LOG, Unheard
from .. import host
from ..host.samples import SAMPLES

LOADERS = {"LoadVideo": "file", "LoadImage": "image", "SoraSampleClip": "clip"}
"""Nodes that load a file, and the input that names it"""
Graph = Mapping[str, Any]  # node id -> {"class_type", "inputs"}, as in API format


class Length(NamedTuple):
    """Frames, and frames per second."""

    frames: int
    fps: float


def known_size(graph: Graph | None, node_id: str | None, name: str) -> tuple[int, int] | None:
    """Height and width of what is linked to an input of a node; None for what only a run can tell.

    graph: the one that the host checks or runs; None asks the host for it.
    """
    found = _loaded(graph or host.current().checked_graph() or {}, node_id, name)
    if found is None:
        return None
    path, is_video = found
    try:
        return next(read_file(path, watch=Unheard(LOG))).size if is_video else picture_size(path)
    except (ValueError, OSError, StopIteration):
        return None


def known_length(graph: Graph | None, node_id: str | None, name: str) -> Length | None:
    """Length of the video that is linked to an input of a node, as known_size; None for images too."""
    found = _loaded(graph or {}, node_id, name, through_images=False)
    if found is None or not found[1]:
        return None
    try:
        frames = FileFrames(found[0], watch=Unheard(LOG))
    except (ValueError, OSError):
        return None
    return Length(len(frames), frames.fps)


def _loaded(graph: Graph, node_id: Any, name: str, *, through_images: bool = True) -> tuple[Path, bool] | None:
    """The file that the node before an input loads, and whether as a video. through_images: or as a video's images."""
    kind, inputs = _before(graph, node_id, name)
    if kind == "GetVideoComponents" and through_images:
        kind, inputs = _before(graph, _link(graph, node_id, name), "video")
    given = inputs.get(LOADERS.get(kind, ""))
    if not isinstance(given, str):
        return None
    path = SAMPLES / f"{Path(given).name}.mp4" if kind == "SoraSampleClip" else host.current().input_file(given)
    return None if path is None else (path, kind != "LoadImage")


def _before(graph: Graph, node_id: Any, name: str) -> tuple[str, Mapping[str, Any]]:
    """Class and inputs of the node whose first output is linked to an input."""
    kind = _node(graph, _link(graph, node_id, name)).get("class_type")
    return kind if isinstance(kind, str) else "", _inputs(graph, _link(graph, node_id, name))


def _link(graph: Graph, node_id: Any, name: str) -> Any:
    """Id of the node whose first output is linked to an input; None for no such link."""
    link = _inputs(graph, node_id).get(name)
    return link[0] if isinstance(link, list) and len(link) == 2 and link[1] == 0 else None


def _inputs(graph: Graph, node_id: Any) -> Mapping[str, Any]:
    inputs = _node(graph, node_id).get("inputs")
    return inputs if isinstance(inputs, Mapping) else {}


def _node(graph: Graph, node_id: Any) -> Mapping[str, Any]:
    node = graph.get(node_id) if isinstance(node_id, str) else None
    return node if isinstance(node, Mapping) else {}

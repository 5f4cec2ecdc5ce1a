"""What a graph does with latents once they are sampled, checked before: a mistake there costs minutes of sampling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...sora_core.video.timeline import exact_rate
from .. import host
from ..host.job import SamplingJob
from ..io.adapters import Latent
from ..io.known_source import known_length
from ..io.loops import check_turn
from ..io.sound_latents import check_lasts
from ..io.timing import decoded_fps, fps_of, frames_of

DECODER, JOIN = "SoraDecodeToVideo", "SoraJoinVideos"
Graph = Mapping[str, Any]  # node id -> {"class_type", "inputs"}, as in API format


def check_ahead(graph: Graph | None, node_id: str | None, latent: Latent, job: SamplingJob) -> None:
    """Raise ValueError where a decoder, or a join after it, would refuse what the sampler `node_id` makes.

    latent: the sampler's. Only constants are checked: what a link brings is not known yet. Nodes whose video nothing
    takes are not run.
    """
    frames = frames_of(latent, job.latents.shape[2])
    for decoder, inputs in _fed_by(graph or {}, node_id, DECODER, "samples"):
        _check_decoder(inputs, latent, job, frames)
        for join, joined in _fed_by(graph or {}, decoder, JOIN, "second"):
            if not frames:
                continue
            if not joined.get("keep_second"):
                _check_join(joined, min(int(_turn(inputs)) or frames, frames))
            _check_sources(graph, join, joined, _number(inputs, "fps") or fps_of(latent))


def _fed_by(graph: Graph, node_id: str | None, class_type: str, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Ids and inputs of the nodes of a class whose input `name` is the first output of a node."""
    for other, node in graph.items():
        inputs = node.get("inputs", {})
        is_fed = node.get("class_type") == class_type and inputs.get(name) == [node_id, 0]
        if is_fed and _is_used(graph, other):
            yield other, inputs


def _is_used(graph: Graph, node_id: str) -> bool:
    """Whether a node takes what another one makes; a join only if one takes what it makes."""
    takers = [
        (other, node.get("class_type"))
        for other, node in graph.items()
        if any(isinstance(value, list) and value[:1] == [node_id] for value in node.get("inputs", {}).values())
    ]
    return any(class_type != JOIN or _is_used(graph, other) for other, class_type in takers)


def _number(inputs: Mapping[str, Any], name: str) -> float:
    """A constant of a node; 0 for what is linked or not given."""
    value = inputs.get(name)
    return value if isinstance(value, int | float) else 0


def _check_decoder(inputs: Mapping[str, Any], latent: Latent, job: SamplingJob, frames: int) -> None:
    if isinstance(inputs.get("audio_vae"), list) and job.sound is None:
        raise ValueError(
            "Sora Decode to Video has an audio VAE, but these latents have no sound: connect the audio VAE to the node "
            "that made the canvas too, or take it off"
        )
    if isinstance(inputs.get("fps", 0), int | float):
        fps = decoded_fps(latent, inputs.get("fps", 0))
        if frames and job.sound is not None:
            grid = host.current().grid_of_sound(job.sound.latents)
            check_lasts(grid, job.sound.latents.shape[grid.axis], frames, fps)
    if frames and _turn(inputs):
        check_turn(int(_turn(inputs)), frames)


def _turn(inputs: Mapping[str, Any]) -> float:
    """Frames of one pass of a loop, under the name that the decoder has for them, or had."""
    return _number(inputs, "loop_frames") or _number(inputs, "frames")


def _check_sources(graph: Graph | None, join: str, inputs: Mapping[str, Any], fps: float) -> None:
    """Raise ValueError for overlaps longer than the videos of files that this one is joined to. fps: its; 0: unknown"""
    keeps_first = not inputs.get("keep_second")
    for name, overlap in (("first", "overlap"), ("last", "last_overlap")):
        given = _number(inputs, overlap)
        known = known_length(graph, join, name) if given > 1 and fps else None
        if known is None:
            continue
        counted = fps if keeps_first else known.fps  # an overlap counts frames of the video that is not kept
        if (given - 1) / exact_rate(counted) >= known.frames / exact_rate(known.fps):
            raise ValueError(
                f"{overlap} is {given:g} in Sora Join Videos, {given / counted:.3g} s, but its {name} video lasts "
                f"{known.frames / known.fps:.3g} s: connect the {overlap} of the node that made the canvas"
            )


def _check_join(inputs: Mapping[str, Any], frames: int) -> None:
    """Raise ValueError for overlaps that are longer than the second video, of so many frames."""
    for overlap in ("overlap", "last_overlap"):
        if (given := _number(inputs, overlap)) > frames:
            raise ValueError(
                f"{overlap} is {given:g} in Sora Join Videos, but this video has {frames} frames: connect the "
                f"{overlap} of the node that made the canvas"
            )

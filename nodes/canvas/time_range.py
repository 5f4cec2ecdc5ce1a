"""Sora Time Range: a region that lasts from one moment to another, as one mask for each frame of a clip."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.video.source_clip import SourceClip
from .. import host
from ..io.schema import declare
from ..io.sockets import fps_input, seconds_input, source_input
from ..io.source import counted, source_clip_of
from .workplace import region_of, spread


class SoraTimeRange(io.ComfyNode):
    """Masks that are open for a time."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraTimeRange",
            display_name="Sora Time Range",
            description="The region for Sora Inpaint Video where something new is wanted only for a time: of the whole "
            "picture, or of a part of it.",
            search_aliases=["time mask", "temporal mask", "mask range", "seconds", "trim"],
            inputs=[
                source_input("source", "The video that goes into Sora Inpaint Video; its length and shape are taken."),
                seconds_input("start", 0.0, "From when on something new is wanted."),
                seconds_input("end", 1.0, "Until when."),
                fps_input("Frames per second of an IMAGE batch; a VIDEO has a rate of its own."),
                io.Mask.Input(
                    "region",
                    optional=True,
                    tooltip="Where in the picture. Left out: all of it. Of any size; a batch is spread over the "
                    "duration.",
                ),
            ],
            outputs=[
                io.Mask.Output(
                    display_name="region",
                    tooltip="One mask for each frame of the source: the region, and 0 at other times.",
                )
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, start: float, end: float, fps: float, region: torch.Tensor | None = None) -> Any:
        source_clip = source_clip_of(source, fps)
        count, height, width, _ = source_clip.frames.shape
        first, stop = _frames_between(start, end, source_clip)
        masks = torch.zeros(count, height, width)
        if region is None:
            masks[first:stop] = 1
        else:
            placed = region_of(region, source_clip, height, width)
            masks[first:stop] = placed[spread(len(placed), count)[first:stop]]
        numbers = f"frame {first}" if stop - first == 1 else f"frames {first} to {stop - 1}"
        host.current().notify(cls.hidden.unique_id, f"{numbers} of {count}, counted from 0, at {source_clip.fps:g} fps")
        return io.NodeOutput(masks)


def _frames_between(start: float, end: float, source_clip: SourceClip) -> tuple[int, int]:
    """The first frame that is shown in this time and the one after the last, to the nearest frame."""
    count, fps = len(source_clip.frames), source_clip.fps
    if not 0 <= start < end:
        raise ValueError(f"got a time from {start:g} to {end:g} s, expected an end after the start, and neither < 0")
    if not end * fps < count + 0.5:
        raise ValueError(
            f"got a time from {start:g} to {end:g} s, expected one within the source, which has {counted(count)} at "
            f"{fps:g} fps and lasts {count / fps:g} s"
        )
    first, stop = int(start * fps + 0.5), int(end * fps + 0.5)
    if first == stop:
        raise ValueError(
            f"got a time from {start:g} to {end:g} s, in which no frame begins at {fps:g} fps; expected at least "
            f"{1 / fps:g} s"
        )
    return first, stop

"""Sora Time Range: one mask per frame of a clip, which is 0 outside a range of time."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.video.region import region_of, spread
from ...sora_core.video.source_clip import SourceClip
from ..io.schema import declare
from ..io.sockets import fps_input, seconds_input, seconds_problem, source_input
from ..io.source import counted, source_clip_of
from ..io.told import outputs, tell


class SoraTimeRange(io.ComfyNode):
    """Makes masks that are 0 outside a range of time."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraTimeRange",
            "canvas",
            display_name="Sora Time Range",
            description="Makes the masks for Sora Inpaint Video that regenerate a video, or a region of it, only for a "
            "range of time.",
            search_aliases=["time mask", "temporal mask", "mask range", "seconds", "trim"],
            inputs=[
                source_input("source", "The video for Sora Inpaint Video; the masks get its length and size."),
                seconds_input("start", 0.0, "Start of the range."),
                seconds_input("end", 1.0, "End of the range."),
                fps_input("Frames per second of an IMAGE batch; a VIDEO has its own."),
                io.Mask.Input(
                    "region",
                    optional=True,
                    tooltip="Region of the picture; not connected, the whole picture. The mask is scaled to the video; "
                    "a batch is spread over its duration.",
                ),
            ],
            outputs=[
                io.Mask.Output(
                    display_name="region",
                    tooltip="One mask per frame of the source: the region within the range, 0 outside it.",
                )
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, start: float | None = None, end: float | None = None) -> bool | str:
        """Refuses a range that ends before it starts; None is a time that a link brings."""
        if start is not None and end is not None and end <= start:
            return f"end is {end:g} s and start {start:g} s: set end to a later time than start"
        return seconds_problem(start=start, end=end) or True

    @classmethod
    def execute(cls, source: Any, start: float, end: float, fps: float, region: torch.Tensor | None = None) -> Any:
        source_clip = source_clip_of(source, fps)
        count, height, width, _ = source_clip.frames.shape
        first, stop = _frames_between(start, end, source_clip)
        inside = torch.zeros(count, 1, 1)
        inside[first:stop] = 1
        masks = inside.expand(count, height, width)  # a view: a long video has more masks than memory
        if region is not None:
            placed, masks = region_of(region, source_clip, height, width), masks.clone()
            masks[first:stop] = placed[spread(len(placed), count)[first:stop]]
        numbers = f"Frame {first}" if stop - first == 1 else f"Frames {first} to {stop - 1}"
        tell(cls, [f"{numbers} of {count} at {source_clip.fps:g} fps, counted from 0"])
        return outputs(cls, masks)


def _frames_between(start: float, end: float, source_clip: SourceClip) -> tuple[int, int]:
    """The first frame of the range and the one after its last, rounded to the nearest frame."""
    count, fps = len(source_clip.frames), source_clip.fps
    if not 0 <= start < end:
        raise ValueError(f"got a time from {start:g} to {end:g} s, expected start >= 0 and end > start")
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

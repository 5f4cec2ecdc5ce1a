"""Sora Connect Videos: what leads from one video to another."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .. import host
from ..host.values import Vae
from ..io.adapters import video_latent
from ..io.schema import declare
from ..io.sockets import (
    canvas_output,
    fps_input,
    fps_output,
    seconds_input,
    size_input,
    source_input,
    vae_input,
)
from ..io.source import source_clip_of
from .workplace import Workplace, starting_frames


class SoraConnectVideos(io.ComfyNode):
    """Two clips with a transition between them."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraConnectVideos",
            display_name="Sora Connect Videos",
            description="Invents what leads from one video to another, however different the two are.",
            search_aliases=["connect", "transition", "interpolate videos", "infill", "join"],
            inputs=[
                source_input("first", "The video that it begins with; it sets the aspect ratio."),
                source_input("second", "The video that it ends with; scaled and cut to the size of the first."),
                vae_input(),
                seconds_input("seconds", 1.0, "How long the way from one to the other takes."),
                size_input(),
                fps_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, first: Any, second: Any, vae: Vae, seconds: float, size: int, fps: float) -> Any:
        one, two = source_clip_of(first, fps), source_clip_of(second, fps)
        place = Workplace.for_clip(one, vae, size, fps)
        start, end = starting_frames(place.pixels(one), place.compression.time), place.pixels(two)
        canvas, _ = place.connected(start, end, seconds)
        host.current().notify(
            cls.hidden.unique_id,
            f"{place.describe('first', one, start.shape[2])}; {place.describe('second', two, end.shape[2])}",
        )
        return io.NodeOutput(video_latent(canvas), fps)

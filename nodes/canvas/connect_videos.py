"""Sora Connect Videos: a canvas with a transition between two videos."""

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
from .clip_encoder import ClipEncoder, starting_frames


class SoraConnectVideos(io.ComfyNode):
    """Makes a canvas that begins with one clip and ends with another."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraConnectVideos",
            display_name="Sora Connect Videos",
            description="Generates a transition from one video to another. The two may be very different.",
            search_aliases=["connect", "transition", "interpolate videos", "infill", "join"],
            inputs=[
                source_input("first", "The video to begin with; it sets the aspect ratio."),
                source_input("second", "The video to end with; it is scaled and cropped to the size of the first."),
                vae_input(),
                seconds_input("seconds", 1.0, "Duration of the transition."),
                size_input(),
                fps_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, first: Any, second: Any, vae: Vae, seconds: float, size: int, fps: float) -> Any:
        one, two = source_clip_of(first, fps), source_clip_of(second, fps)
        encoder = ClipEncoder.for_clip(one, vae, size, fps)
        start, end = starting_frames(encoder.pixels(one), encoder.grid), encoder.pixels(two)
        canvas, _ = encoder.encode_connected(start, end, seconds)
        host.current().notify(
            cls.hidden.unique_id,
            f"{encoder.describe('first', one, start.shape[2])}; {encoder.describe('second', two, end.shape[2])}",
        )
        return io.NodeOutput(video_latent(canvas), fps)

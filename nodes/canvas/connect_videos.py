"""Sora Connect Videos: a canvas with a transition between two videos."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .. import host
from ..host.values import Vae
from ..io.schema import declare
from ..io.sockets import (
    audio_vae_input,
    canvas_output,
    fps_input,
    fps_output,
    seconds_input,
    size_input,
    source_input,
    vae_input,
)
from ..io.source import source_and_sound
from .clip_encoder import ClipEncoder, starting_frames
from .soundtrack import PlacedSound, Soundtrack


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
                audio_vae_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        first: Any,
        second: Any,
        vae: Vae,
        seconds: float,
        size: int,
        fps: float,
        audio_vae: Any | None = None,
    ) -> Any:
        (one, heard), (two, heard_next) = source_and_sound(first, fps), source_and_sound(second, fps)
        soundtrack, encoder = Soundtrack.of(vae, audio_vae, fps), ClipEncoder.for_clip(one, vae, size, fps)
        whole, end = encoder.pixels(one), encoder.pixels(two)
        start = starting_frames(whole, encoder.grid)
        canvas, at = encoder.encode_connected(start, end, seconds)
        kept, skipped = start.shape[2], whole.shape[2] - start.shape[2]
        sounds = PlacedSound.of(heard, fps, 0, kept, skipped), PlacedSound.of(heard_next, fps, at, end.shape[2])
        notice = f"{encoder.describe('first', one, kept)}; {encoder.describe('second', two, end.shape[2])}"
        host.current().notify(cls.hidden.unique_id, notice + soundtrack.notice(*sounds))
        return io.NodeOutput(soundtrack.latent(canvas, *sounds), fps)

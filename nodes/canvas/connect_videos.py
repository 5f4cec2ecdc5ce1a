"""Sora Connect Videos: a canvas with a transition between two videos."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.video.source_clip import SourceClip
from ...sora_core.video.timeline import exact_rate
from ..host.values import Vae
from ..io.schema import declare
from ..io.sockets import (
    STEP,
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
from ..io.told import outputs, tell
from .clip_encoder import ClipEncoder
from .context import Stretch, context_frames, context_input, shared_between
from .soundtrack import PlacedSound, Soundtrack


class SoraConnectVideos(io.ComfyNode):
    """Makes a canvas that begins with one clip and ends with another."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraConnectVideos",
            "canvas",
            display_name="Sora Connect Videos",
            description="Generates a transition from one video to another. The two may be very different.",
            search_aliases=["connect", "transition", "interpolate videos", "infill", "join"],
            inputs=[
                source_input("first", "The video to begin with; it sets the aspect ratio."),
                source_input("second", "The video to end with; it is scaled and cropped to the size of the first."),
                vae_input(),
                seconds_input("seconds", 1.0, "Duration of the transition.", STEP),
                size_input(),
                fps_input(),
                audio_vae_input(),
                context_input(),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.Int.Output(
                    display_name="overlap", tooltip="Frames of the first that are on the canvas, for Sora Join Videos."
                ),
                io.Int.Output(
                    display_name="last_overlap",
                    tooltip="Frames of the second that are on the canvas, for Sora Join Videos, where it is the last.",
                ),
            ],
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
        context: float = 0.0,
    ) -> Any:
        (one, heard), (two, heard_next) = source_and_sound(first, fps), source_and_sound(second, fps)
        soundtrack, encoder = Soundtrack.of(vae, audio_vae, fps), ClipEncoder.for_whole(one, vae, size, fps)
        start, end = _stretches(encoder, one, two, encoder.added_frames(seconds), context)
        canvas, at, frames = encoder.encode_connected(start.pixels, end.pixels, seconds)
        skipped = float(start.begin * exact_rate(fps))
        sounds = (
            PlacedSound.of(heard, fps, 0, start.length, skipped),
            PlacedSound.of(heard_next, fps, at, end.length),
        )
        changes = *encoder.describe("first", one, start.length), *encoder.describe("second", two, end.length)
        tell(cls, [*changes, *soundtrack.notices(*sounds)])
        return outputs(cls, soundtrack.latent(canvas, *sounds), fps, start.length, frames - at)


def _stretches(
    encoder: ClipEncoder, one: SourceClip, two: SourceClip, added: int, context: float
) -> tuple[Stretch, Stretch]:
    """The end of the first clip and the beginning of the second."""
    lengths = len(one.shown(encoder.fps)), len(two.shown(encoder.fps))
    most = context_frames(context, added, sum(lengths), encoder.vae, encoder.fps)
    shares = (most, most) if context else shared_between(most, *lengths)
    return encoder.end_of(one, shares[0]), encoder.start_of(two, max(shares[1], 2 * encoder.grid.longest_span))

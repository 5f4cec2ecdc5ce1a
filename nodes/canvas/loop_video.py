"""Sora Loop Video: a canvas with a transition from the end of a video back to its beginning."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

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
from .context import context_frames, context_input
from .soundtrack import PlacedSound, Soundtrack


class SoraLoopVideo(io.ComfyNode):
    """Makes a canvas whose end leads back to its beginning."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraLoopVideo",
            "canvas",
            display_name="Sora Loop Video",
            description="Closes a video into a seamless loop: generates a transition from its end to its beginning. "
            "The canvas ends with the beginning again; Sora Join Videos of your video and the decoded one fades the "
            "two, in the size and rate of your video.",
            search_aliases=["loop", "seamless loop", "perfect loop", "gif"],
            inputs=[
                source_input("source", "The video to loop."),
                vae_input(),
                seconds_input("seconds", 1.0, "Duration of the transition back to the beginning.", STEP),
                size_input(),
                fps_input(),
                audio_vae_input(),
                context_input(),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.Int.Output(
                    display_name="frames",
                    tooltip="Frames in one pass of the loop, for Sora Decode to Video where nothing is joined; it then "
                    "has the size and rate of the canvas. 0 where only the ends of the source are on it.",
                ),
                io.Int.Output(
                    display_name="overlap",
                    tooltip="Frames of the source's end on the canvas, for Sora Join Videos of the source and the "
                    "decoded video.",
                ),
                io.Int.Output(
                    display_name="last_overlap",
                    tooltip="Frames of its beginning at the end of the canvas: they make the joined video a loop.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        source: Any,
        vae: Vae,
        seconds: float,
        size: int,
        fps: float,
        audio_vae: Any | None = None,
        context: float = 0.0,
    ) -> Any:
        source_clip, heard = source_and_sound(source, fps)
        soundtrack, encoder = Soundtrack.of(vae, audio_vae, fps), ClipEncoder.for_whole(source_clip, vae, size, fps)
        span, added = 2 * encoder.grid.longest_span, encoder.added_frames(seconds)
        whole = len(source_clip.shown(fps))
        clip = encoder.end_of(source_clip, context_frames(context, span + added, whole, vae, fps))
        is_whole = whole - clip.length < encoder.grid.period[0]
        head = clip.pixels[:, :, :span] if is_whole else encoder.start_of(source_clip, span).pixels
        canvas, turn, frames = encoder.encode_connected(clip.pixels, head, seconds)
        skipped, again = float(clip.begin * exact_rate(fps)), head.shape[2]
        sounds = (
            PlacedSound.of(heard, fps, 0, clip.length, skipped),
            PlacedSound.of(heard, fps, turn, again, skipped if is_whole else 0),
        )
        changes = encoder.describe("source", source_clip, clip.length)
        tell(cls, [*changes, _told(turn, is_whole), *soundtrack.notices(*sounds)])
        joins = turn if is_whole else 0, clip.length, frames - turn
        return outputs(cls, soundtrack.latent(canvas, *sounds), fps, *joins)


def _told(turn: int, is_whole: bool) -> str:
    if is_whole:
        return f"One pass of the loop has {turn} frames"
    return "Only its ends are here: Sora Join Videos closes the loop"

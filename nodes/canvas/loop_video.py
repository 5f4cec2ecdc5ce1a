"""Sora Loop Video: a canvas with a transition from the end of a video back to its beginning."""

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


class SoraLoopVideo(io.ComfyNode):
    """Makes a canvas whose end leads back to its beginning."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraLoopVideo",
            display_name="Sora Loop Video",
            description="Closes a video into a seamless loop: generates a transition from its end to its beginning. "
            "The canvas ends with the beginning again; connect `frames` to Sora Decode to Video, which fades the two.",
            search_aliases=["loop", "seamless loop", "perfect loop", "gif"],
            inputs=[
                source_input("source", "The video to loop."),
                vae_input(),
                seconds_input("seconds", 1.0, "Duration of the transition back to the beginning."),
                size_input(),
                fps_input(),
                audio_vae_input(),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.Int.Output(
                    display_name="frames", tooltip="Frames in one pass of the loop, for Sora Decode to Video."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, vae: Vae, seconds: float, size: int, fps: float, audio_vae: Any | None = None) -> Any:
        source_clip, heard = source_and_sound(source, fps)
        soundtrack, encoder = Soundtrack.of(vae, audio_vae, fps), ClipEncoder.for_clip(source_clip, vae, size, fps)
        whole = encoder.pixels(source_clip)
        clip = starting_frames(whole, encoder.grid)
        head = clip[:, :, : 2 * encoder.grid.longest_span]
        canvas, turn = encoder.encode_connected(clip, head, seconds)
        length, skipped = clip.shape[2], whole.shape[2] - clip.shape[2]
        sounds = [PlacedSound.of(heard, fps, *place, skipped) for place in ((0, length), (turn, head.shape[2]))]
        notice = f"{encoder.describe('source', source_clip, length)}; one pass of the loop has {turn} frames"
        host.current().notify(cls.hidden.unique_id, notice + soundtrack.notice(*sounds))
        return io.NodeOutput(soundtrack.latent(canvas, *sounds), fps, turn)

"""Sora Loop Video: a video that runs into its own beginning."""

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


class SoraLoopVideo(io.ComfyNode):
    """A clip that runs into its own beginning."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraLoopVideo",
            display_name="Sora Loop Video",
            description="Invents what leads from the end of a video back to its beginning, so that it plays for ever. "
            "The canvas ends with the beginning once more: give `frames` to Sora Decode to Video, which fades the two.",
            search_aliases=["loop", "seamless loop", "perfect loop", "gif"],
            inputs=[
                source_input("source", "The video to be closed."),
                vae_input(),
                seconds_input("seconds", 1.0, "How long the way back takes."),
                size_input(),
                fps_input(),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.Int.Output(display_name="frames", tooltip="Frames of one turn of the loop."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, vae: Vae, seconds: float, size: int, fps: float) -> Any:
        source_clip = source_clip_of(source, fps)
        place = Workplace.for_clip(source_clip, vae, size, fps)
        clip = starting_frames(place.pixels(source_clip), place.compression.time)
        head = clip[:, :, : 2 * place.compression.time]
        canvas, turn = place.connected(clip, head, seconds)
        host.current().notify(
            cls.hidden.unique_id, f"{place.describe('source', source_clip, clip.shape[2])}; a turn has {turn} frames"
        )
        return io.NodeOutput(video_latent(canvas), fps, turn)

"""Sora Morph Videos: two clips faded into each other, and what is in the middle drawn again."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas import abilities
from ...sora_core.canvas.shapes import Compression
from .. import host
from ..host.values import Vae
from ..io.adapters import video_latent
from ..io.schema import declare
from ..io.sockets import canvas_output, fps_input, fps_output, share_input, size_input, source_input, vae_input
from ..io.source import counted, source_clip_of
from .workplace import Workplace


class SoraMorphVideos(io.ComfyNode):
    """Two clips as one that turns from the first into the second."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraMorphVideos",
            display_name="Sora Morph Videos",
            description="Turns one video into another while both go on: it begins as the first, ends as the second, "
            "and what fades between them is drawn again as the prompt says, most freely in the middle.",
            search_aliases=["morph", "blend videos", "crossfade", "transform", "transition"],
            inputs=[
                source_input("first", "The video that it begins as; it sets the aspect ratio."),
                source_input("second", "The video that it ends as; scaled and cut to the size of the first."),
                vae_input(),
                share_input("strength", 0.7, "How freely the middle is drawn: 0 only fades, 1 keeps nothing there."),
                size_input(),
                fps_input(),
            ],
            outputs=[
                canvas_output("The canvas for Sora Sampler: its first and last latent frame are kept."),
                fps_output(),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, first: Any, second: Any, vae: Vae, strength: float, size: int, fps: float) -> Any:
        one, two = source_clip_of(first, fps), source_clip_of(second, fps)
        place = Workplace.for_clip(one, vae, size, fps)
        start, end = place.pixels(one), place.pixels(two)
        frames = _common_frames(start.shape[2], end.shape[2], place.compression, fps)
        canvas = abilities.morph(place.encode(start[:, :, :frames]), place.encode(end[:, :, :frames]), strength)
        notes = [place.describe("first", one, frames), place.describe("second", two, frames)]
        notes += _left_out("first", start.shape[2] - frames) + _left_out("second", end.shape[2] - frames)
        host.current().notify(cls.hidden.unique_id, "; ".join(notes))
        return io.NodeOutput(video_latent(canvas), fps)


def _common_frames(one: int, two: int, compression: Compression, fps: float) -> int:
    """The longest clip in whole latents that both have; ValueError where there is nothing between its ends."""
    least = compression.video_frames(3)
    if min(one, two) < least:
        raise ValueError(
            f"got {counted(one)} of the first and {two} of the second at {fps:g} fps, expected at least {least} of "
            "each: the first and the last latent frame are kept, and what lies between is the morph"
        )
    return 1 + (min(one, two) - 1) // compression.time * compression.time


def _left_out(name: str, frames: int) -> list[str]:
    """What to say about frames at the end of a clip that have no counterpart."""
    return [f"the last {counted(frames)} of the {name} left out"] if frames else []

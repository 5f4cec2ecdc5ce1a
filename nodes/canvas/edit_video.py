"""Sora Edit Video: a video drawn again as the prompt says (SDEdit)."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas import abilities
from .. import host
from ..host.values import Vae
from ..io.adapters import video_latent
from ..io.schema import declare
from ..io.sockets import (
    canvas_output,
    fps_input,
    fps_output,
    share_input,
    size_input,
    source_input,
    vae_input,
)
from ..io.source import source_clip_of
from .workplace import Workplace


class SoraEditVideo(io.ComfyNode):
    """A clip drawn again."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraEditVideo",
            display_name="Sora Edit Video",
            description="Draws a video again as the prompt says (SDEdit): the stronger, the less of the source stays.",
            search_aliases=["video to video", "v2v", "sdedit", "restyle", "denoise"],
            inputs=[
                source_input("source", "The video to be changed."),
                vae_input(),
                share_input("strength", 0.6, "0 leaves the source, 1 keeps only its size and length."),
                size_input(),
                fps_input(),
            ],
            outputs=[canvas_output("The canvas for Sora Sampler."), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, vae: Vae, strength: float, size: int, fps: float) -> Any:
        source_clip = source_clip_of(source, fps)
        place = Workplace.for_clip(source_clip, vae, size, fps)
        pixels = place.whole(source_clip)
        canvas = abilities.edit(place.encode(pixels), strength)
        host.current().notify(cls.hidden.unique_id, place.describe("source", source_clip, pixels.shape[2]))
        return io.NodeOutput(video_latent(canvas), fps)

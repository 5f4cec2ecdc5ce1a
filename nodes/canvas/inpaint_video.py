"""Sora Inpaint Video: a canvas that regenerates a region of a video in space and time."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.canvas import abilities
from ..host.values import Vae
from ..io.schema import declare
from ..io.sockets import (
    audio_vae_input,
    canvas_output,
    fps_input,
    fps_output,
    size_input,
    source_input,
    vae_input,
)
from ..io.source import source_and_sound
from ..io.told import outputs, tell
from .clip_encoder import ClipEncoder
from .soundtrack import PlacedSound, Soundtrack


class SoraInpaintVideo(io.ComfyNode):
    """Makes a canvas from a clip and a mask of the region to regenerate."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraInpaintVideo",
            "canvas",
            display_name="Sora Inpaint Video",
            description="Regenerates a region of a video and keeps the rest. Give one mask for all frames, or one per "
            "frame where the region moves or lasts only for a time.",
            search_aliases=["inpaint", "outpaint", "mask", "replace object", "remove"],
            inputs=[
                source_input("source", "The video to change."),
                io.Mask.Input(
                    "region",
                    tooltip="1 regenerates, 0 keeps the source, values between act as the strength of Sora Edit Video. "
                    "The mask is scaled to the video; a batch is spread over its duration.",
                ),
                vae_input(),
                size_input(),
                fps_input(),
                audio_vae_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls, source: Any, region: torch.Tensor, vae: Vae, size: int, fps: float, audio_vae: Any | None = None
    ) -> Any:
        source_clip, heard = source_and_sound(source, fps)
        soundtrack, encoder = Soundtrack.of(vae, audio_vae, fps), ClipEncoder.for_whole(source_clip, vae, size, fps)
        shown = encoder.padded(source_clip)
        levels = encoder.noise_levels(region, source_clip, shown)
        canvas = abilities.inpaint(encoder.encode_shown(source_clip, shown), levels)
        if bool((canvas.noise_level == 0).all()):
            raise ValueError("got a region that is 0 everywhere, expected values above 0 where to regenerate")
        sound = PlacedSound.of(heard, fps, 0, len(shown))
        tell(cls, [*encoder.describe("source", source_clip, len(shown)), *soundtrack.notices(sound)])
        return outputs(cls, soundtrack.latent(canvas, sound), fps)

"""Sora Animate Image: a canvas whose first frame is an image (image to video)."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.canvas import abilities
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
    vae_input,
)
from ..io.source import source_clip_of
from ..io.told import outputs, tell
from .clip_encoder import ClipEncoder
from .soundtrack import Soundtrack


class SoraAnimateImage(io.ComfyNode):
    """Makes a canvas that begins with an image."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraAnimateImage",
            "canvas",
            display_name="Sora Animate Image",
            description="Makes a video that begins with an image. The prompt says what happens in it.",
            search_aliases=["image to video", "i2v", "img2vid", "animate", "first frame"],
            inputs=[
                io.Image.Input("image", tooltip="The first frame. Of a batch, the first image is used."),
                vae_input(),
                seconds_input("seconds", 2.0, "Duration of the video.", STEP),
                size_input(),
                fps_input(),
                audio_vae_input(
                    "For models that make sound with their frames (LTX-2, MiniMax-H3): their audio VAE. The latent "
                    "then holds both."
                ),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls, image: torch.Tensor, vae: Vae, seconds: float, size: int, fps: float, audio_vae: Any | None = None
    ) -> Any:
        first, soundtrack = source_clip_of(image[:1], fps), Soundtrack.of(vae, audio_vae, fps)
        encoder = ClipEncoder.for_clip(first, vae, size, fps)
        frames = encoder.compression.frames_for(seconds, fps)
        if frames == 1:
            raise ValueError(f"got {seconds:g} seconds at {fps:g} fps, which is the image alone; expected more")
        _, latents = encoder.encode_at(encoder.pixels(first), 0, frames)
        canvas = abilities.animate_image(latents, encoder.compression.latent_frames(frames))
        made = f"{encoder.width}x{encoder.height}, {frames} frames at {fps:g} fps"
        tell(cls, [made, *soundtrack.notices()])
        return outputs(cls, soundtrack.latent(canvas), fps)

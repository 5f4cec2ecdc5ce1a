"""Sora Inpaint Video: a region of a video, in space and time, invented anew."""

from __future__ import annotations

from typing import Any

import torch
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
    size_input,
    source_input,
    vae_input,
)
from ..io.source import source_clip_of
from .workplace import Workplace


class SoraInpaintVideo(io.ComfyNode):
    """A region of a clip invented anew."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraInpaintVideo",
            display_name="Sora Inpaint Video",
            description="Invents a region of a video anew and keeps the rest. The region is one mask for all frames, "
            "or one per frame, so that it can move or last only for a time.",
            search_aliases=["inpaint", "outpaint", "mask", "replace object", "remove"],
            inputs=[
                source_input("source", "The video to be changed."),
                io.Mask.Input(
                    "region",
                    tooltip="1 where something new is wanted, 0 where the source stays, between as in Sora Edit Video. "
                    "Of any size; a batch is spread over the duration.",
                ),
                vae_input(),
                size_input(),
                fps_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, region: torch.Tensor, vae: Vae, size: int, fps: float) -> Any:
        source_clip = source_clip_of(source, fps)
        place = Workplace.for_clip(source_clip, vae, size, fps)
        pixels = place.whole(source_clip)
        canvas = abilities.inpaint(place.encode(pixels), place.levels(region, source_clip, pixels.shape[2]))
        if bool((canvas.noise_level == 0).all()):
            raise ValueError("the region is empty, expected a mask with something above 0")
        host.current().notify(cls.hidden.unique_id, place.describe("source", source_clip, pixels.shape[2]))
        return io.NodeOutput(video_latent(canvas), fps)

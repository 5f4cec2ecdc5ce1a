"""Sora Extend Video: more of a video after it, before it, or both."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.canvas import abilities
from .. import host
from ..host.values import Vae
from ..io.adapters import is_latent, latent_samples, video_latent
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
from .workplace import Workplace, leading_frames, starting_frames


class SoraExtendVideo(io.ComfyNode):
    """A clip with more before it, after it, or both."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraExtendVideo",
            display_name="Sora Extend Video",
            description="Goes on from the end of a video, leads up to its beginning, or both. A latent of Sora Sampler "
            "is carried on as it is, without a loss.",
            search_aliases=["extend", "continue video", "longer", "prequel", "backward"],
            inputs=[
                source_input("source", "The video: VIDEO, IMAGE batch, or a LATENT to go on from.", latent=True),
                vae_input(),
                seconds_input("before", 0.0, "How much is invented before it."),
                seconds_input("after", 2.0, "How much is invented after it."),
                size_input(),
                fps_input(),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.Int.Output(
                    display_name="overlap", tooltip="Frames of the source that are on the canvas, for Sora Join Videos."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, vae: Vae, before: float, after: float, size: int, fps: float) -> Any:
        if is_latent(source):
            return io.NodeOutput(*_extend_latent(latent_samples(source), vae, before, after, fps))
        source_clip = source_clip_of(source, fps)
        place = Workplace.for_clip(source_clip, vae, size, fps)
        lead, tail = place.added(before), place.added(after)
        if lead + tail == 0:
            raise ValueError(f"got {before:g} seconds before and {after:g} after, expected more than 0 of one of them")
        pixels = place.pixels(source_clip)
        if not lead:
            pixels = starting_frames(pixels, place.compression.time)
        elif not tail:
            pixels = leading_frames(pixels, place.compression.time)
        first, frames = place.around(pixels.shape[2], lead, tail)
        known, latents = place.encode_at(pixels, first, frames)
        total = place.compression.latent_frames(frames)
        canvas = abilities.extend(latents, before=known.start, after=total - known.stop)
        host.current().notify(cls.hidden.unique_id, place.describe("source", source_clip, pixels.shape[2]))
        return io.NodeOutput(video_latent(canvas), fps, pixels.shape[2])


def _extend_latent(clip: torch.Tensor, vae: Vae, before: float, after: float, fps: float) -> tuple[Any, float, int]:
    """A clip of our sampler carried on; its first latent holds one frame, so that nothing can come before it."""
    place = Workplace(vae, fps, 0, 0)
    if before > 0:
        raise ValueError("a LATENT can only be extended forward, got seconds before it: decode it and give the images")
    added = place.added(after) // place.compression.time
    canvas = abilities.extend(clip, after=added)
    return video_latent(canvas), fps, place.compression.video_frames(clip.shape[2])

"""Sora Extend Video: a canvas with new frames after a video, before it, or both."""

from __future__ import annotations

import math
from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.canvas import abilities
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.shapes import LatentShape
from ...sora_core.video.source_clip import SourceClip
from ...sora_core.video.timeline import exact_rate
from ..host.values import Vae
from ..io.adapters import Latent, is_latent, latent_samples, vae_compression
from ..io.schema import declare
from ..io.sockets import (
    audio_vae_input,
    canvas_output,
    fps_input,
    fps_output,
    seconds_input,
    seconds_problem,
    size_input,
    source_input,
    vae_input,
)
from ..io.source import source_and_sound
from ..io.timing import canvas_fps
from ..io.told import outputs, tell
from .clip_encoder import ClipEncoder
from .context import Stretch, context_frames, context_input
from .soundtrack import PlacedSound, Soundtrack


class SoraExtendVideo(io.ComfyNode):
    """Makes a canvas with new frames before a clip, after it, or both."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraExtendVideo",
            "canvas",
            display_name="Sora Extend Video",
            description="Extends a video after its end, before its beginning, or both. A latent from Sora Sampler is "
            "extended without being encoded again, so it loses nothing. Extended both ways, a long video is on the "
            "canvas with its beginning and its end alone; Sora Join Videos puts it back between what was generated.",
            search_aliases=["extend", "continuation", "continue video", "longer", "prequel", "backward"],
            inputs=[
                source_input(
                    "source",
                    "The video: a VIDEO, an IMAGE batch, or a LATENT, which can only be extended after its end.",
                    latent=True,
                ),
                vae_input(),
                seconds_input("before", 0.0, "Seconds to generate before the source."),
                seconds_input("after", 2.0, "Seconds to generate after the source."),
                size_input(),
                fps_input(),
                audio_vae_input(),
                context_input(),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.Int.Output(
                    display_name="overlap",
                    tooltip="Frames of the source that are on the canvas, for Sora Join Videos; extended both ways, "
                    "those at its end.",
                ),
                io.Int.Output(
                    display_name="before",
                    tooltip="Extended both ways, the frames that come before the source, for Sora Join Videos.",
                ),
                io.Int.Output(
                    display_name="before_overlap",
                    tooltip="Extended both ways, the frames at the source's beginning that are on the canvas.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, before: float | None = None, after: float | None = None) -> bool | str:
        """Refuses times that make nothing new; None is a time that a link brings."""
        if before == after == 0:
            return "before and after are both 0 s: set one of them to the seconds to generate"
        return seconds_problem(before=before, after=after) or True

    @classmethod
    def execute(
        cls,
        source: Any,
        vae: Vae,
        before: float,
        after: float,
        size: int,
        fps: float,
        audio_vae: Any | None = None,
        context: float = 0.0,
    ) -> Any:
        if is_latent(source):
            rate, ignored = canvas_fps(source, fps)
            tell(cls, [_size_notice(source, vae, size), ignored])
            made = _extend_latent(source, vae, Soundtrack.of(vae, audio_vae, rate), before, after)
            return outputs(cls, *made, 0, 0)
        soundtrack = Soundtrack.of(vae, audio_vae, fps)
        source_clip, heard = source_and_sound(source, fps)
        encoder = ClipEncoder.for_whole(source_clip, vae, size, fps)
        lead, tail = _added(encoder, before, after)
        stretches = _stretches(encoder, source_clip, lead, tail, context)
        first, frames = encoder.layout(sum(stretch.length for stretch in stretches), lead, tail)
        pixels = torch.cat([stretch.pixels for stretch in stretches], dim=2)[:, :, : frames - first]
        canvas, length = _canvas(encoder, pixels, first, frames), pixels.shape[2]
        sounds = _sounds(heard, fps, first, stretches, length)
        tell(cls, [*encoder.describe("source", source_clip, length), *soundtrack.notices(*sounds)])
        at, start = (first, _shared_with_start(stretches, length)) if lead and tail else (0, 0)
        return outputs(cls, soundtrack.latent(canvas, *sounds), fps, length - start, at, start)


def _added(encoder: ClipEncoder, before: float, after: float) -> tuple[int, int]:
    """Frames to generate before and after the source."""
    lead, tail = encoder.added_frames(before), encoder.added_frames(after)
    if lead + tail == 0:
        raise ValueError(f"got {before:g} seconds before and {after:g} after, expected more than 0 of one of them")
    return lead, tail


def _stretches(encoder: ClipEncoder, source_clip: SourceClip, lead: int, tail: int, context: float) -> list[Stretch]:
    """The part of the source that goes onto the canvas: its end, its beginning, or for both ways both.

    What lies between them is left out of a longer source: on the canvas its end follows its beginning.
    """
    whole = len(source_clip.shown(encoder.fps))
    most = context_frames(context, lead + tail, whole, encoder.vae, encoder.fps)
    if not lead:
        return [encoder.end_of(source_clip, most)]
    least = 2 * encoder.grid.longest_span
    if not tail:
        return [encoder.start_of(source_clip, max(most, least))]
    each = max(most if context else most // 2, least)
    if most >= whole or 2 * each >= whole:
        return [encoder.start_of(source_clip, whole)]
    first, _ = encoder.layout(whole, lead, tail)
    start = encoder.start_of(source_clip, encoder.whole_latents(first, each))
    return [start, encoder.last_of(source_clip, encoder.whole_latents(first + start.length, each))]


def _sounds(
    heard: dict[str, Any] | None, fps: float, first: int, stretches: list[Stretch], length: int
) -> list[PlacedSound]:
    """The sound of each stretch at its place. length: frames of all of them that are on the canvas."""
    placed, stop = [], first + length
    for stretch in stretches:
        skipped = float(stretch.begin * exact_rate(fps))
        placed.append(PlacedSound.of(heard, fps, first, min(stretch.length, stop - first), skipped))
        first += stretch.length
    return placed


def _shared_with_start(stretches: list[Stretch], length: int) -> int:
    """Frames of a canvas that goes on both ways which count as the source's beginning: half of a whole source."""
    return stretches[0].length if len(stretches) > 1 else length // 2


def _canvas(encoder: ClipEncoder, pixels: torch.Tensor, first: int, frames: int) -> LatentCanvas:
    known, latents = encoder.encode_at(pixels, first, frames)
    total = encoder.compression.latent_frames(frames)
    return abilities.extend(latents, before=known.start, after=total - known.stop)


def _size_notice(source: Latent, vae: Vae, size: int) -> str:
    """The notice that the size is that of a LATENT, not the one that is given; "" where they are equal."""
    shape = vae_compression(vae).to_video(LatentShape(*latent_samples(source).shape[1:]))
    is_equal = round(math.sqrt(shape.width * shape.height)) == size
    return "" if is_equal else f"size {size} is not used: the latent has {shape.width}x{shape.height}"


def _extend_latent(
    source: Latent, vae: Vae, soundtrack: Soundtrack, before: float, after: float
) -> tuple[Latent, float, int]:
    """Extend latents forward. Their first latent frame holds a single frame, so nothing can come before it."""
    encoder, clip = ClipEncoder(vae, soundtrack.fps, 0, 0), latent_samples(source)
    if before > 0:
        raise ValueError(
            f"got {before:g} seconds before a LATENT, expected 0: decode it and connect the images to extend backward"
        )
    if not after:
        raise ValueError("got 0 seconds after a LATENT, expected more: they are generated after its end")
    frames = encoder.compression.video_frames(clip.shape[2])
    _, total = encoder.layout(frames, 0, encoder.added_frames(after))
    canvas = abilities.extend(clip, after=encoder.compression.latent_frames(total) - clip.shape[2])
    return soundtrack.extended(canvas, source), soundtrack.fps, frames

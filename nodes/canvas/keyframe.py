"""Sora Keyframe: places an image or a clip at a moment of a canvas; nodes can be chained."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from comfy_api.latest import io

from ...sora_core.canvas import abilities
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.placement import ending_near, in_whole_latents, nearest_start
from ...sora_core.canvas.shapes import VideoShape
from ...sora_core.video.geometry import keeps_edges
from ..host.values import Vae
from ..io.adapters import Latent, check_made_with, latent_canvas, vae_channels, vae_compression
from ..io.placed_sources import PlacedSource, with_sources
from ..io.schema import declare
from ..io.sockets import (
    audio_vae_input,
    canvas_output,
    fps_input,
    fps_output,
    seconds_input,
    source_input,
    vae_input,
)
from ..io.source import counted, source_and_sound
from ..io.timing import canvas_fps
from ..io.told import outputs, tell
from .clip_encoder import ClipEncoder
from .soundtrack import PlacedSound, Soundtrack


class SoraKeyframe(io.ComfyNode):
    """Adds a known image or clip to a canvas."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraKeyframe",
            "canvas",
            display_name="Sora Keyframe (First Last Frame)",
            description="Places an image or a clip at a given time of a video to be generated. Chain several nodes; "
            "the sampler generates the frames around and between them. Sora Paste Back, given the last one's latent as "
            "its source, shows them as they were.",
            search_aliases=["keyframe", "first last frame", "flf2v", "guide frame", "storyboard", "interpolate"],
            inputs=[
                io.Latent.Input(
                    "latent",
                    tooltip="The canvas, from Sora Video Grid, another Sora Keyframe or Sora Extend Video.",
                ),
                source_input(
                    "source",
                    "The image or clip; it is scaled and cropped to the size of the canvas. Sora Paste Back puts it "
                    "back into the finished video as it was.",
                ),
                vae_input(),
                seconds_input(
                    "seconds", 0.0, "When it begins, rounded to the nearest latent frame; the node shows the result."
                ),
                fps_input(),
                audio_vae_input(
                    "For a latent of frames and sound (LTX-2, MiniMax-H3): the audio VAE of its model, so that the "
                    "sound of a clip is kept too."
                ),
                io.Boolean.Input(
                    "from_end",
                    default=False,
                    optional=True,
                    tooltip="Counts `seconds` back from the end of the canvas, to where the source ends: with 0 it is "
                    "the last frame, of whatever duration.",
                ),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        latent: Latent,
        source: Any,
        vae: Vae,
        seconds: float,
        fps: float,
        audio_vae: Any | None = None,
        from_end: bool = False,
    ) -> Any:
        fps, ignored = canvas_fps(latent, fps)
        soundtrack, canvas = Soundtrack.of(vae, audio_vae, fps), latent_canvas(latent)
        source_clip, heard = source_and_sound(source, fps)
        whole = _video_of(canvas, latent, vae)
        aspect = source_clip.aspect if keeps_edges(source_clip.aspect, whole.height, whole.width) else None
        encoder = ClipEncoder(vae, fps, whole.height, whole.width, aspect)
        place = _place_from_end if from_end else _place
        pixels, first, skipped, asked = place(encoder.pixels(source_clip), seconds, whole.frames, encoder)
        stop = first + pixels.shape[2]
        _check_free(canvas, first, stop, encoder)
        known, latents = encoder.encode_at(pixels, first, whole.frames)
        canvas = abilities.place(canvas, latents, known.start)
        shown = f"Shown {_span(first, stop, fps)}"
        tell(cls, [*encoder.describe("source", source_clip, stop - first), shown, asked, ignored])
        sound = PlacedSound.of(heard, fps, first, stop - first, skipped)
        made = soundtrack.added(canvas, latent, sound)
        return outputs(cls, with_sources(made, PlacedSource(source, fps, first, stop, skipped)), fps)


class _Placed(NamedTuple):
    """Pixels [1 3 F H W] from frame `first` on. skipped: see ending_near. asked: notice about rounding."""

    pixels: torch.Tensor
    first: int
    skipped: int
    asked: str


def _video_of(canvas: LatentCanvas, latent: Latent, vae: Vae) -> VideoShape:
    """The shape of the video that a canvas, of a LATENT, decodes to. Raises ValueError for one of another VAE."""
    check_made_with(latent, vae)
    got, expected = canvas.shape.channels, vae_channels(vae)
    if got != expected:
        raise ValueError(
            f"got a canvas of {got} channels, expected the {expected} of this VAE: connect it to Sora Video Grid too"
        )
    return vae_compression(vae).to_video(canvas.shape)


def _place(pixels: torch.Tensor, seconds: float, frames: int, encoder: ClipEncoder) -> _Placed:
    """A source that begins at a time. Raises ValueError for a time off the canvas."""
    _check_time(seconds, frames, encoder)
    first = nearest_start(seconds * encoder.fps, frames, encoder.compression)
    exact = f"{seconds:g}" == _seconds(first, encoder.fps)
    asked = "" if exact else f"{seconds:g} s is rounded to a latent frame"
    return _Placed(in_whole_latents(pixels, first, encoder.compression), first, 0, asked)


def _place_from_end(pixels: torch.Tensor, seconds: float, frames: int, encoder: ClipEncoder) -> _Placed:
    """A source that ends at a time before the end. Raises ValueError where it, or the time, is off the canvas."""
    _check_time(seconds, frames, encoder)
    cut, first, skipped = ending_near(pixels, frames - seconds * encoder.fps, frames, encoder.compression)
    exact = f"{seconds:g}" == _seconds(frames - first - cut.shape[2], encoder.fps)
    asked = "" if exact else f"{seconds:g} s before the end is rounded to a latent frame"
    return _Placed(cut, first, skipped, asked)


def _check_time(seconds: float, frames: int, encoder: ClipEncoder) -> None:
    if not 0 <= seconds * encoder.fps < frames:
        raise ValueError(
            f"got {seconds:g} s, expected a time on the canvas, which has {counted(frames)} and lasts "
            f"{_seconds(frames, encoder.fps)} s at {encoder.fps:g} fps"
        )


def _check_free(canvas: LatentCanvas, first: int, stop: int, encoder: ClipEncoder) -> None:
    """Raise ValueError unless the frames lie on the canvas and none of them is known."""
    got, compression = f"got a source that would last {_span(first, stop, encoder.fps)}", encoder.compression
    frames = compression.video_frames(canvas.shape.frames)
    if stop > frames:
        lasts = _seconds(frames, encoder.fps)
        raise ValueError(
            f"{got}, expected one that ends at {lasts} s, where the canvas ends, or before: trim it or place it earlier"
        )
    spans = [compression.time_grid.span(latent) for latent in abilities.known_frames(canvas)]
    taken = [span for span in spans if span.start < stop and first < span.stop]
    if taken:
        known = _span(taken[0].start, taken[-1].stop, encoder.fps)
        raise ValueError(f"{got}, but the canvas is already known {known}; expected a time that is free")


def _span(first: int, stop: int, fps: float) -> str:
    """The time in which frames are shown, as text."""
    return f"from {_seconds(first, fps)} to {_seconds(stop, fps)} s"


def _seconds(frames: int, fps: float) -> str:
    return f"{round(frames / fps, 3):g}"

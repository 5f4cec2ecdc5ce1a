"""Sora Keyframe: one more picture or clip on a canvas, known from some moment on; any number of them in a chain."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.canvas import abilities
from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.placement import nearest_start, start_of
from ...sora_core.canvas.shapes import VideoShape
from .. import host
from ..host.values import Vae
from ..io.adapters import Latent, latent_canvas, vae_channels, vae_compression, video_latent
from ..io.schema import declare
from ..io.sockets import canvas_output, fps_input, fps_output, seconds_input, source_input, vae_input
from ..io.source import counted, source_clip_of
from .workplace import Workplace


class SoraKeyframe(io.ComfyNode):
    """A canvas with one more part of it known."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraKeyframe",
            display_name="Sora Keyframe",
            description="Puts a picture or a clip at a moment of a video that is still to be made. Chain several of "
            "them; what is around and between them is invented.",
            search_aliases=["keyframe", "first last frame", "flf2v", "guide frame", "storyboard", "interpolate"],
            inputs=[
                io.Latent.Input(
                    "latent", tooltip="The canvas: of Sora Video Grid, of another Sora Keyframe or of an ability."
                ),
                source_input("source", "The picture, or the clip; scaled and cut to the size of the canvas."),
                vae_input(),
                seconds_input(
                    "seconds", 0.0, "Where it begins; the nearest latent frame is taken, and the node says it."
                ),
                fps_input(),
            ],
            outputs=[canvas_output(), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, latent: Latent, source: Any, vae: Vae, seconds: float, fps: float) -> Any:
        canvas, source_clip = latent_canvas(latent), source_clip_of(source, fps)
        whole = _video_of(canvas, vae)
        place = Workplace(vae, fps, whole.height, whole.width)
        first = _nearest_start(seconds, whole.frames, place)
        pixels = _in_whole_latents(place.pixels(source_clip), first, place.compression.time)
        stop = first + pixels.shape[2]
        _check_free(canvas, first, stop, place)
        known, latents = place.encode_at(pixels, first, whole.frames)
        canvas = abilities.place(canvas, latents, known.start)
        said = f"{place.describe('source', source_clip, stop - first)}; stands {_span(first, stop, fps)}"
        asked = "" if f"{seconds:g}" == _seconds(first, fps) else f" ({seconds:g} s rounded to a latent frame)"
        host.current().notify(cls.hidden.unique_id, said + asked)
        return io.NodeOutput({**latent, **video_latent(canvas)}, fps)


def _video_of(canvas: LatentCanvas, vae: Vae) -> VideoShape:
    """What the canvas decodes to; ValueError for that of another VAE."""
    got, expected = canvas.shape.channels, vae_channels(vae)
    if got != expected:
        raise ValueError(
            f"got a canvas of {got} channels, expected the {expected} of this VAE: connect it to Sora Video Grid too"
        )
    return vae_compression(vae).to_video(canvas.shape)


def _nearest_start(seconds: float, frames: int, place: Workplace) -> int:
    """The pixel frame at which a source stands that is wanted at a moment; ValueError for one off the canvas."""
    if not 0 <= seconds * place.fps < frames:
        raise ValueError(
            f"got {seconds:g} s, expected a moment on the canvas, which has {counted(frames)} and lasts "
            f"{_seconds(frames, place.fps)} s at {place.fps:g} fps"
        )
    return nearest_start(seconds * place.fps, frames, place.compression)


def _in_whole_latents(pixels: torch.Tensor, first: int, time: int) -> torch.Tensor:
    """As much of a clip [1 3 F H W] from frame `first` on as fills latent frames, what is shorter than one held."""
    if first == 0:
        return pixels[:, :, : 1 + (pixels.shape[2] - 1) // time * time]
    missing = max(0, time - pixels.shape[2])
    held = torch.cat([pixels, pixels[:, :, -1:].expand(-1, -1, missing, -1, -1)], dim=2)
    return held[:, :, : held.shape[2] // time * time]


def _check_free(canvas: LatentCanvas, first: int, stop: int, place: Workplace) -> None:
    """ValueError unless the frames lie on the canvas and nothing of them is known."""
    got, compression = f"got a source that would stand {_span(first, stop, place.fps)}", place.compression
    frames = compression.video_frames(canvas.shape.frames)
    if stop > frames:
        lasts = _seconds(frames, place.fps)
        raise ValueError(
            f"{got}, expected one that ends with the canvas at {lasts} s or before: cut it, or put it earlier"
        )
    spans = [(start_of(t, compression), compression.video_frames(t + 1)) for t in abilities.known_frames(canvas)]
    taken = [(begin, end) for begin, end in spans if begin < stop and first < end]
    if taken:
        known = _span(taken[0][0], taken[-1][1], place.fps)
        raise ValueError(f"{got}, where the canvas is known already {known}; expected a moment that is free")


def _span(first: int, stop: int, fps: float) -> str:
    """Frames as the time in which they are shown."""
    return f"from {_seconds(first, fps)} to {_seconds(stop, fps)} s"


def _seconds(frames: int, fps: float) -> str:
    return f"{round(frames / fps, 3):g}"

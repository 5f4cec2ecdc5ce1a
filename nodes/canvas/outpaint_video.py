"""Sora Outpaint Video: a canvas with a border to generate around a clip, for another aspect ratio."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ...sora_core.canvas import abilities
from ...sora_core.canvas.abilities import Border
from ...sora_core.canvas.shapes import LatentShape, VideoShape
from ...sora_core.video.source_clip import PATCH, SourceClip
from ..host.values import Vae
from ..io.adapters import vae_compression
from ..io.known_source import known_size
from ..io.schema import declare
from ..io.sockets import (
    audio_vae_input,
    canvas_output,
    fps_input,
    fps_output,
    share_input,
    size_input,
    source_input,
    vae_input,
)
from ..io.source import source_and_sound
from ..io.told import outputs, tell
from .clip_encoder import ClipEncoder
from .soundtrack import PlacedSound, Soundtrack
from .video_grid import ASPECT_RATIOS, Grid, aspect_ratio_input, ratio_of

LEAST_ROOM = 0.01  # of the source's side; a border of less is the rounding of a size


class SoraOutpaintVideo(io.ComfyNode):
    """Makes a canvas with a border around a clip."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraOutpaintVideo",
            "canvas",
            display_name="Sora Outpaint Video",
            description="Changes the aspect ratio of a video without cropping it: generates what is left and right of "
            "it, or above and below.",
            search_aliases=["outpaint", "uncrop", "expand", "reframe", "aspect ratio", "border"],
            inputs=[
                source_input("source", "The video. It keeps its aspect ratio and fills the result along one axis."),
                vae_input(),
                aspect_ratio_input("16:9", "Width to height of the result."),
                share_input(
                    "position",
                    0.5,
                    "Position of the video along the axis with room: 0 left or top, 0.5 centre, 1 right or bottom.",
                ),
                size_input(
                    "Side in pixels of the square with the same area as the result. The bundled model is trained at 64."
                ),
                fps_input(),
                audio_vae_input(),
            ],
            outputs=[
                canvas_output(),
                fps_output(),
                io.Mask.Output(
                    display_name="border",
                    tooltip="1 where the border is, for Sora Paste Back, which puts your video into it unscaled.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, aspect_ratio: str | None = None) -> bool | str:
        """Refuses the source's own aspect ratio where its file is known; None is one that a link brings."""
        if aspect_ratio is None:
            return True
        if aspect_ratio not in ASPECT_RATIOS:
            return f"aspect_ratio is {aspect_ratio!r}, expected one of {', '.join(ASPECT_RATIOS)}"
        known = known_size(cls.hidden.prompt, cls.hidden.unique_id, "source")
        return (known and _filled(*known, aspect_ratio)) or True

    @classmethod
    def execute(
        cls,
        source: Any,
        vae: Vae,
        aspect_ratio: str,
        position: float,
        size: int,
        fps: float,
        audio_vae: Any | None = None,
    ) -> Any:
        (source_clip, heard), soundtrack = source_and_sound(source, fps), Soundtrack.of(vae, audio_vae, fps)
        whole = Grid(aspect_ratio, size, seconds=0, fps=fps).shape(vae_compression(vae))
        encoder = _encoder_within(source_clip, vae, whole, aspect_ratio, fps)
        border = _border(encoder, whole, position)
        shown = encoder.padded(source_clip)
        canvas = abilities.outpaint(encoder.encode_shown(source_clip, shown, border), border)
        sound = PlacedSound.of(heard, fps, 0, len(shown))
        changes = *encoder.describe("source", source_clip, len(shown)), _describe(border, encoder, whole)
        tell(cls, [*changes, *soundtrack.notices(sound)])
        return outputs(cls, soundtrack.latent(canvas, sound), fps, _mask(border, encoder, whole))


def _encoder_within(source_clip: SourceClip, vae: Vae, whole: VideoShape, aspect_ratio: str, fps: float) -> ClipEncoder:
    """The encoder at the clip's size. Raises ValueError where the clip fills the whole picture."""
    _, own_height, own_width, _ = source_clip.frames.shape
    if problem := _filled(own_height, own_width, aspect_ratio):
        raise ValueError(f"got {problem}")
    height, width = source_clip.within(whole.height, whole.width, vae_compression(vae))
    encoder = ClipEncoder(vae, fps, height, width, source_clip.aspect)
    if (encoder.height, encoder.width) == (whole.height, whole.width):
        raise ValueError(
            f"got a source of {own_width}x{own_height}, which fills {aspect_ratio} already "
            f"({whole.width}x{whole.height} at this size), expected one that leaves room to generate: choose another "
            "aspect ratio"
        )
    return encoder


def _filled(height: int, width: int, aspect_ratio: str) -> str:
    """What is wrong where a source has this aspect ratio already; "" where it leaves room."""
    across, down = ratio_of(aspect_ratio)
    if abs(width * down / (height * across) - 1) >= LEAST_ROOM:
        return ""
    return f"a source of {width}x{height}, which fills {aspect_ratio} already: choose another aspect ratio"


def _border(encoder: ClipEncoder, whole: VideoShape, position: float) -> Border:
    """The border around the clip in whole patches, so that no patch is known only in part."""
    if not 0 <= position <= 1:
        raise ValueError(f"got a position of {position:g}, expected 0..1")
    outer = encoder.compression.to_latent(whole, 1)
    inner = encoder.compression.to_latent(VideoShape(1, encoder.height, encoder.width), 1)
    top, left = _before(outer, inner, position)
    return Border(top, outer.height - inner.height - top, left, outer.width - inner.width - left)


def _before(outer: LatentShape, inner: LatentShape, position: float) -> tuple[int, int]:
    """Latent rows above and columns left of the clip."""
    rooms = ((outer.height - inner.height) // PATCH[1], (outer.width - inner.width) // PATCH[2])  # in patches
    top, left = (int(position * room + 0.5) for room in rooms)
    return top * PATCH[1], left * PATCH[2]


def _mask(border: Border, encoder: ClipEncoder, whole: VideoShape) -> torch.Tensor:
    """1 in the border and 0 where the clip is: [1 H W]."""
    top, left = border.top * encoder.compression.height, border.left * encoder.compression.width
    mask = torch.ones(1, whole.height, whole.width)
    mask[:, top : top + encoder.height, left : left + encoder.width] = 0
    return mask


def _describe(border: Border, encoder: ClipEncoder, whole: VideoShape) -> str:
    """The notice about the border, in pixels."""
    rows, columns = encoder.compression.height, encoder.compression.width
    sides = {
        "above": border.top * rows,
        "below": border.bottom * rows,
        "left": border.left * columns,
        "right": border.right * columns,
    }
    added = " and ".join(f"{pixels} {side}" for side, pixels in sides.items() if pixels)
    return f"{whole.width}x{whole.height}: new pixels, {added}"

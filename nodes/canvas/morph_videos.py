"""Sora Morph Videos: a canvas that turns one clip into another: their crossfade, noised in the middle."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas import abilities
from ...sora_core.canvas.shapes import Compression
from ..host.values import Vae
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
from ..io.source import counted, source_and_sound
from ..io.told import outputs, tell
from .clip_encoder import ClipEncoder
from .soundtrack import PlacedSound, Soundtrack


class SoraMorphVideos(io.ComfyNode):
    """Makes a canvas that begins as one clip and ends as another."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraMorphVideos",
            "canvas",
            display_name="Sora Morph Videos",
            description="Turns one video into another while both keep playing. The videos are crossfaded, and the "
            "sampler redraws the crossfade as the prompt says, most strongly in the middle.",
            search_aliases=["morph", "blend videos", "crossfade", "transform", "transition"],
            inputs=[
                source_input("first", "The video to begin with; it sets the aspect ratio."),
                source_input("second", "The video to end with; it is scaled and cropped to the size of the first."),
                vae_input(),
                share_input("strength", 0.7, "How strongly the middle is redrawn: 0 only crossfades, 1 keeps nothing."),
                size_input(),
                fps_input(),
                audio_vae_input(),
            ],
            outputs=[
                canvas_output("The canvas for Sora Sampler. Its first and last latent frames are kept."),
                fps_output(),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        first: Any,
        second: Any,
        vae: Vae,
        strength: float,
        size: int,
        fps: float,
        audio_vae: Any | None = None,
    ) -> Any:
        (one, heard), (two, heard_too) = source_and_sound(first, fps), source_and_sound(second, fps)
        soundtrack, encoder = Soundtrack.of(vae, audio_vae, fps), ClipEncoder.for_clip(one, vae, size, fps)
        start, end = one.shown(fps), two.shown(fps)
        frames = _common_frames(len(start), len(end), encoder.compression, fps)
        clips = encoder.encode_shown(one, start[:frames]), encoder.encode_shown(two, end[:frames])
        canvas = abilities.morph(*clips, strength)
        notes = [*encoder.describe("first", one, frames), *encoder.describe("second", two, frames)]
        sounds = PlacedSound.of(heard, fps, 0, frames), PlacedSound.of(heard_too, fps, 0, frames)
        tell(cls, [*notes, *soundtrack.notices(*sounds)])
        return outputs(cls, soundtrack.morphed(canvas, *sounds), fps)


def _common_frames(one: int, two: int, compression: Compression, fps: float) -> int:
    """Frames that both clips have, in whole latents. Raises ValueError where no latent lies between first and last."""
    least = compression.time_grid.least(3)
    if min(one, two) < least:
        raise ValueError(
            f"got {counted(one)} of the first and {two} of the second at {fps:g} fps, expected at least {least} of "
            "each: the first and last latent frames are kept, and the morph lies between"
        )
    return compression.time_grid.at_most(min(one, two))

"""Sora Edit Video: a canvas that changes a video as the prompt says (SDEdit, https://arxiv.org/abs/2108.01073)."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas import abilities
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
from ..io.source import source_and_sound
from ..io.told import outputs, tell
from .clip_encoder import ClipEncoder
from .soundtrack import PlacedSound, Soundtrack


class SoraEditVideo(io.ComfyNode):
    """Makes a canvas that begins at a noised clip."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraEditVideo",
            "canvas",
            display_name="Sora Edit Video",
            description="Changes a whole video as the prompt says (SDEdit). More strength keeps less of the source.",
            search_aliases=["video to video", "v2v", "vid2vid", "sdedit", "restyle", "denoise"],
            inputs=[
                source_input("source", "The video to change."),
                vae_input(),
                share_input("strength", 0.6, "0 keeps the source, 1 keeps only its size and length."),
                size_input(),
                fps_input(),
                audio_vae_input(),
            ],
            outputs=[canvas_output("The canvas for Sora Sampler."), fps_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls, source: Any, vae: Vae, strength: float, size: int, fps: float, audio_vae: Any | None = None
    ) -> Any:
        source_clip, heard = source_and_sound(source, fps)
        soundtrack, encoder = Soundtrack.of(vae, audio_vae, fps), ClipEncoder.for_whole(source_clip, vae, size, fps)
        shown = encoder.padded(source_clip)
        canvas = abilities.edit(encoder.encode_shown(source_clip, shown), strength)
        sound = PlacedSound.of(heard, fps, 0, len(shown))
        unchanged = [] if strength > 0 else ["strength 0: the source comes back as it is"]
        tell(cls, [*encoder.describe("source", source_clip, len(shown)), *unchanged, *soundtrack.notices(sound)])
        return outputs(cls, soundtrack.latent(canvas, sound), fps)

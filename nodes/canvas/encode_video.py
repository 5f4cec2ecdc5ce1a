"""Sora Encode Video: a video as latents on the model's grid, streamed from its file."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas import abilities
from ..host.values import Vae
from ..io.schema import declare
from ..io.sockets import audio_vae_input, fps_input, fps_output, size_input, source_input, vae_input
from ..io.source import source_and_sound
from ..io.told import outputs, tell
from .clip_encoder import ClipEncoder
from .soundtrack import PlacedSound, Soundtrack


class SoraEncodeVideo(io.ComfyNode):
    """Encodes a clip to latents."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraEncodeVideo",
            "canvas",
            display_name="Sora Encode Video",
            description="Encodes a video to latents on the grid of the model: scaled, resampled, and lengthened by its "
            "last frame to what the VAE takes. Memory does not grow with a video file for VAEs from Sora Load Model "
            "and of Wan; other VAEs take the whole clip.",
            search_aliases=["vae encode", "video to latent", "encode", "img2img"],
            inputs=[
                source_input("source", "The video to encode."),
                vae_input(),
                size_input(),
                fps_input(),
                audio_vae_input(),
            ],
            outputs=[
                io.Latent.Output(
                    display_name="latent",
                    tooltip="The latents, none of them marked as known, with the sound for Sora Decode to Video.",
                ),
                fps_output(),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, source: Any, vae: Vae, size: int, fps: float, audio_vae: Any | None = None) -> Any:
        source_clip, heard = source_and_sound(source, fps)
        soundtrack, encoder = Soundtrack.of(vae, audio_vae, fps), ClipEncoder.for_clip(source_clip, vae, size, fps)
        shown = encoder.padded(source_clip)
        canvas = abilities.edit(encoder.encode_shown(source_clip, shown), 1.0)
        sound = PlacedSound.of(heard, fps, 0, len(shown))
        tell(cls, [*encoder.describe("source", source_clip, len(shown)), *soundtrack.notices(sound)])
        return outputs(cls, soundtrack.latent(canvas, sound), fps)

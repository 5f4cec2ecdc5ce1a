"""Sora Timed Prompts: a prompt for each stretch of a video."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...sora_core.canvas.stretches import parse_stretches
from ..host.values import Clip, Vae
from ..io.adapters import Latent, check_made_with, latent_samples, vae_compression
from ..io.encoded_prompts import encoded_stretches
from ..io.schema import declare
from ..io.sockets import fps_input, seconds_input, vae_input
from ..io.timing import canvas_fps
from ..io.told import outputs, tell


class SoraTimedPrompts(io.ComfyNode):
    """Encodes prompts with the times from which they hold."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraTimedPrompts",
            "language",
            display_name="Sora Timed Prompts",
            description="A prompt for each stretch of a video: every frame follows the prompt of its moment, in one "
            "sample. Models from Sora Load Model and Wan see them frame by frame; others need Sora Windows, where each "
            "window has its own prompt.",
            search_aliases=["prompt schedule", "prompt travel", "storyboard", "multi prompt", "shots", "prompt relay"],
            inputs=[
                io.Clip.Input("clip", tooltip="The text encoder of the model."),
                io.String.Input(
                    "text",
                    multiline=True,
                    dynamic_prompts=True,
                    default="0: ",
                    tooltip="One prompt a line, after the second from which it holds and a colon: `0: a red circle`, "
                    "then `1.5: a blue circle`. A line without a time goes on with the prompt above it.",
                ),
                io.Latent.Input("latent", tooltip="The canvas that the sampler gets; its length sets the stretches."),
                vae_input(),
                fps_input("Frames per second of the video."),
                seconds_input("crossfade", 0.0, "Seconds over which a prompt passes into the next one."),
            ],
            outputs=[io.Conditioning.Output(display_name="positive", tooltip="The prompts, for Sora Sampler.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, clip: Clip, text: str, latent: Latent, vae: Vae, fps: float, crossfade: float) -> Any:
        check_made_with(latent, vae)
        fps, ignored = canvas_fps(latent, fps)
        tell(cls, [ignored])
        grid, stretches = vae_compression(vae).time_grid, parse_stretches(text)
        frames = grid.frames_of(latent_samples(latent).shape[2])
        made = encoded_stretches(cls, clip, stretches, grid, frames=frames, fps=fps, crossfade=crossfade)
        return outputs(cls, made)

"""Sora Load Model: the bundled model, or one from the host's model folders, as native MODEL, CLIP and VAE."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .. import host
from ..io.schema import declare


class SoraLoadModel(io.ComfyNode):
    """A model by name."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraLoadModel",
            display_name="Sora Load Model",
            description="Loads a text-to-video model: the small one that comes with this pack, or one of your own.",
            search_aliases=["load video model", "text to video", "nano", "checkpoint"],
            inputs=[
                io.Combo.Input(
                    "model",
                    options=host.current().model_names(),
                    tooltip="'nano (bundled)' comes with this pack and runs on a CPU. Others are folders in "
                    "models/diffusion_models that hold dit.safetensors, vae.safetensors and text_encoder.safetensors, "
                    "or a Wan model of diffusers, with two experts too.",
                ),
            ],
            outputs=[
                io.Model.Output(display_name="model", tooltip="The diffusion transformer. Core KSampler takes it too."),
                io.Clip.Output(display_name="clip", tooltip="The text encoder, for Sora Encode Text."),
                io.Vae.Output(display_name="vae", tooltip="The video VAE, for Sora Video Grid and the decoders."),
            ],
        )

    @classmethod
    def execute(cls, model: str) -> Any:
        return io.NodeOutput(*host.current().load_model(model))

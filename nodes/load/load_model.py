"""Sora Load Model: loads the bundled model or one from ComfyUI's folders as MODEL, CLIP and VAE."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .. import host
from ..host.models import BUNDLED, FORMER_NAMES
from ..io.schema import declare


class SoraLoadModel(io.ComfyNode):
    """Loads a model by name."""

    @classmethod
    def define_schema(cls) -> Any:
        return declare(
            "SoraLoadModel",
            "load",
            display_name="Sora Load Model",
            description="Loads a text-to-video model: the small one that comes with this pack, or your own.",
            search_aliases=["load video model", "wan", "nano", "checkpoint"],
            inputs=[
                io.Combo.Input(
                    "model",
                    options=host.current().model_names(),
                    tooltip="'nano (demo model)' comes with this pack, runs on a CPU and knows a small world of its "
                    "own. Others are folders in models/diffusion_models: with dit.safetensors, vae.safetensors and "
                    "text_encoder.safetensors, or with a Wan model in the layout of diffusers, including Wan 2.2 A14B "
                    "with its two experts. Single Wan files go into models/diffusion_models, models/text_encoders and "
                    "models/vae; core's Load Diffusion Model, Load CLIP and Load VAE load them, as in the templates "
                    "of this pack.",
                ),
            ],
            outputs=[
                io.Model.Output(
                    display_name="model", tooltip="The diffusion transformer, for Sora Sampler or the core KSampler."
                ),
                io.Clip.Output(display_name="clip", tooltip="The text encoder, for Sora Encode Text."),
                io.Vae.Output(display_name="vae", tooltip="The video VAE, to encode and decode."),
            ],
        )

    @classmethod
    def validate_inputs(cls, model: str = BUNDLED) -> bool | str:
        """As the host's check of a choice, which would refuse former names of the bundled model in saved workflows."""
        names = host.current().model_names()
        known = model in names or model in FORMER_NAMES
        return known or f"got the model {model!r}, expected one of {', '.join(map(repr, names))}"

    @classmethod
    def execute(cls, model: str) -> Any:
        return io.NodeOutput(*host.current().load_model(model))

"""ComfyUI's core node that loads latents from a file, with its name, input and result (0.33)."""

from __future__ import annotations

from ..sora_core.checkpoint.latent_file import read_latents
from .comfy_api_standin import ComfyNode, NodeOutput, Schema, io
from .folders import Folders


class LoadLatent(ComfyNode):
    """Loads latents that Save Latent wrote, or that a decoder kept."""

    @classmethod
    def define_schema(cls) -> Schema:
        return Schema(
            "LoadLatent",
            display_name="Load Latent",
            category="model/latent",
            inputs=[io.String.Input("latent")],
            outputs=[io.Latent.Output()],
        )

    @classmethod
    def validate_inputs(cls, latent: str = "") -> bool | str:
        return Folders.current().check_input(latent)

    @classmethod
    def fingerprint_inputs(cls, latent: str) -> float:
        return Folders.current().input_path(latent).stat().st_mtime

    @classmethod
    def execute(cls, latent: str) -> NodeOutput:
        return NodeOutput({"samples": read_latents(Folders.current().input_path(latent))})


LATENT_NODES: tuple[type[ComfyNode], ...] = (LoadLatent,)

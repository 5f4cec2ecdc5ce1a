"""ComfyUI's core node that loads latents from a file, with its name, input and result (0.33)."""

from __future__ import annotations

from ..sora_core.tensors.safetensors_file import read_header, read_tensor
from .comfy_api_standin import ComfyNode, NodeOutput, Schema, io
from .folders import Folders

LATENTS, VERSION = "latent_tensor", "latent_format_version_0"
OLD_SCALE = 0.18215  # of files without a version


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
        path = Folders.current().input_path(latent)
        header = read_header(path)
        if LATENTS not in header.shapes:
            raise ValueError(f"got {path}, expected a file of latents, as Save Latent writes it")
        samples = read_tensor(header, LATENTS).float()
        return NodeOutput({"samples": samples if VERSION in header.shapes else samples / OLD_SCALE})


LATENT_NODES: tuple[type[ComfyNode], ...] = (LoadLatent,)

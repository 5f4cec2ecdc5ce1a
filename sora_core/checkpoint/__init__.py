"""Loading and saving of model files: our own, Wan's, ComfyUI's and diffusers', and LoRA."""

from ..tensors.safetensors_file import CheckpointError
from .checkpoint import (
    Kind,
    ModelConfig,
    load_captioner,
    load_dit,
    load_experts,
    load_text_encoder,
    load_vae,
    published_boundary,
    read_configs,
    read_metadata,
    save_checkpoint,
)

__all__ = [
    "CheckpointError",
    "Kind",
    "ModelConfig",
    "load_captioner",
    "load_dit",
    "load_experts",
    "load_text_encoder",
    "load_vae",
    "published_boundary",
    "read_configs",
    "read_metadata",
    "save_checkpoint",
]

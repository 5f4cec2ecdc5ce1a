"""A LoRA file of one layer, and how much of it is in a model."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from sora_core.models.wan.dit import VideoDiT


def lora_file(path: Path, dit: VideoDiT, value: float = 1.0) -> Path:
    """A LoRA of rank 1 for one layer."""
    rows, columns = dit.blocks[0].ffn[0].weight.shape
    name = "diffusion_model.blocks.0.ffn.0"
    save_file(
        {f"{name}.lora_A.weight": torch.ones(1, columns), f"{name}.lora_B.weight": torch.full((rows, 1), value)}, path
    )
    return path


def changed_by(before: VideoDiT, after: VideoDiT) -> float:
    """The mean change of that layer's weights."""
    return (after.blocks[0].ffn[0].weight - before.blocks[0].ffn[0].weight).mean().item()

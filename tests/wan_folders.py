"""Whole models of the Wan family at small sizes with random weights, written by diffusers, and in the other layouts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from small_umt5 import as_wan, comfyui_file, plain_spiece, t5_tokenizer, tensors_of, umt5
from sora_core.models.wan.dit import DiTConfig
from wan_reference import our_name, reference_for

DIT = DiTConfig(16, 16, 128, 160, 1, 2, 32, 32)
DIT_5B = DiTConfig(48, 48, 128, 160, 1, 2, 32, 32, per_token_timesteps=True)


def reference_vae(channels: int) -> Any:
    """diffusers' VAE of Wan 2.1 (16 channels) or 2.2 (48)."""
    diffusers = pytest.importorskip("diffusers")
    if channels == 16:
        return diffusers.AutoencoderKLWan(base_dim=8, z_dim=16)
    patches = {"patch_size": 2, "in_channels": 12, "out_channels": 12, "scale_factor_spatial": 16}
    return diffusers.AutoencoderKLWan(base_dim=8, decoder_base_dim=12, z_dim=48, is_residual=True, **patches)


def wan_pipeline(config: DiTConfig = DIT, *, experts: bool = False) -> Any:
    """diffusers' own pipeline."""
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    pipe = diffusers.WanPipeline(
        tokenizer=t5_tokenizer(plain_spiece()),
        text_encoder=umt5(),
        vae=reference_vae(config.in_channels),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        transformer=reference_for(config),
        transformer_2=reference_for(config) if experts else None,
        boundary_ratio=0.6 if experts else None,
        expand_timesteps=config.in_channels == 48,
    )
    for part in (pipe.transformer, pipe.transformer_2, pipe.vae):
        if part is not None:
            part.eval().requires_grad_(False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def comfyui_folder(pipe: Any, root: Path) -> Path:
    """The same weights as single files in ComfyUI's folders: Wan's names, and the tokenizer beside the weights."""
    for name in ("diffusion_models", "vae", "text_encoders"):
        (root / name).mkdir(parents=True)
    dits = {"wan2.2_t2v_high_noise_14B": pipe.transformer, "wan2.2_t2v_low_noise_14B": pipe.transformer_2}
    for name, dit in dits.items():
        if dit is not None:
            save(root / "diffusion_models" / f"{name}.safetensors", official(dit.state_dict()))
    save(root / "vae" / "wan_2.1_vae.safetensors", pipe.vae.state_dict())
    comfyui_file(root / "text_encoders" / "umt5_xxl_fp16.safetensors", tensors_of(pipe.text_encoder), plain_spiece())
    return root


def official_folder(pipe: Any, root: Path) -> Path:
    """The same weights as Wan publishes them: text encoder and VAE as .pth, the tokenizer in google/umt5-xxl."""
    (root / "google" / "umt5-xxl").mkdir(parents=True)
    (root / "google" / "umt5-xxl" / "spiece.model").write_bytes(plain_spiece())
    save(root / "diffusion_pytorch_model.safetensors", official(pipe.transformer.state_dict()))
    torch.save(dict(pipe.vae.state_dict()), root / "Wan2.1_VAE.pth")
    torch.save(as_wan(tensors_of(pipe.text_encoder)), root / "models_t5_umt5-xxl-enc-bf16.pth")
    (root / "config.json").write_text("{}")
    return root


def official(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {our_name(name): tensor for name, tensor in tensors.items()}


def save(path: Path, tensors: Mapping[str, torch.Tensor]) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


def change_index(folder: Path, **entries: Any) -> None:
    """Set entries of a model_index.json."""
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))

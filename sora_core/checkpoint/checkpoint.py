"""Saves and loads checkpoints: safetensors files with the model's config as JSON in their metadata.

Saving is atomic, loading is strict. Our files say in their metadata what they hold. In other files published Wan models
are found by their tensor names, and the config is read from the shapes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from ..models.wan.dit import DiTConfig, Experts, VideoDiT
from ..models.wan.dit.state_dict import find_adapter, wan_config
from ..models.wan.text_encoder import TextEncoder, TextEncoderConfig
from ..models.wan.text_encoder.state_dict import find_text_encoder, find_tokenizer, read_tokenizer
from ..models.wan.text_encoder.tokenizer import from_json as tokenizer_of_json
from ..models.wan.vae import VAEConfig, VideoVAE
from ..models.wan.vae.state_dict import StoredVAE, find_vae
from ..system.atomic_file import atomic_path, cannot_write
from ..tensors.safetensors_file import CheckpointError, Header
from ..tensors.state_dict import StateDictAdapter, load_weights, looks_like, working_dtype
from ..tensors.torch_file import read_weights_file
from .stored_config import parse_config

ModelConfig = DiTConfig | VAEConfig | TextEncoderConfig
FORMAT = "1"
TEXT_BOUNDARY, IMAGE_BOUNDARY = 0.875, 0.9  # of Wan 2.2 A14B text to video and image to video


class Kind(Enum):
    """Kind of model in a file."""

    DIT = "dit"
    VAE = "vae"
    TEXT_ENCODER = "text_encoder"


def save_checkpoint(
    path: Path | str,
    weights: nn.Module | Mapping[str, torch.Tensor],
    *,
    kind: Kind,
    config: Any,
    extra: Mapping[str, str] | None = None,
) -> None:
    """Save weights and config to a safetensors file, which replaces an old file only when it is complete.

    config: the module's config dataclass.
    extra: more metadata, such as {"sora_fps": "8"}.

    Raises OSError if the file cannot be written (no such folder, no permission, disk full).
    """
    state = weights.state_dict() if isinstance(weights, nn.Module) else weights
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    metadata = {"sora_format": FORMAT, "sora_kind": kind.value, "sora_config": json.dumps(asdict(config))}
    with atomic_path(path) as temporary:
        try:
            save_file(tensors, temporary, metadata=metadata | dict(extra or {}))
        except (OSError, SafetensorError) as error:  # safetensors raises its own class for a full disk
            raise cannot_write(Path(path), error) from error


def read_metadata(path: Path | str) -> dict[str, str]:
    """Read the metadata of a file without its tensors; raises CheckpointError as `load_dit` does."""
    return dict(read_weights_file(path).metadata)


def read_configs(path: Path | str) -> list[ModelConfig]:
    """Read the configs of all models in a file from its header; raises CheckpointError as `load_dit` does.

    Returns an empty list for a file without a known model, and several configs for one with a whole published model.
    """
    header = read_weights_file(path)
    classes = {Kind.DIT: DiTConfig, Kind.VAE: VAEConfig, Kind.TEXT_ENCODER: TextEncoderConfig}
    for kind, config_class in classes.items():
        if header.metadata.get("sora_kind") == kind.value and _is_ours(header, kind):
            return [parse_config(header, config_class)]
    found: list[ModelConfig] = []
    if (adapter := _find_published_dit(header)) is not None:
        found.append(wan_config(header, adapter))
    if (vae := _find_published_vae(header)) is not None:
        found.append(vae.config)
    if (text_encoder := find_text_encoder(header)) is not None:
        found.append(text_encoder.config)
    return found


def load_dit(
    path: Path | str,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    runs_on: torch.device | str | None = None,
) -> VideoDiT:
    """Load a DiT from one of our files or from a published Wan checkpoint.

    path: a file (also .pth) in Wan's, ComfyUI's or diffusers' format, of a text-to-video or image-to-video model, in
        any precision down to fp8; or an index of shards, or one of the shards.
    dtype: dtype of the weights. None keeps that of the file, except that on a CPU half precision and fp8 become
        float32, and on other devices fp8 becomes bfloat16.
    runs_on: device on which the model will run, if not `device`; the default dtype depends on it.

    Raises CheckpointError if the file is missing, broken, of another kind, or does not fit its config.
    """
    header = read_weights_file(path)
    if _is_ours(header, Kind.DIT):
        config, adapter = parse_config(header, DiTConfig), StateDictAdapter.identity(header)
    elif (found := _find_published_dit(header)) is not None:
        config, adapter = wan_config(header, found), found
    else:
        raise _foreign(header, Kind.DIT)
    dtype = dtype or working_dtype(header, adapter, device if runs_on is None else runs_on)
    return load_weights(VideoDiT(config, device="meta"), header, adapter, device=device, dtype=dtype)


def load_experts(
    high: Path | str,
    low: Path | str,
    *,
    boundary: float | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    runs_on: torch.device | str | None = None,
) -> Experts:
    """Load the two DiTs of Wan 2.2 A14B as one model.

    high, low: the files with high_noise and low_noise in their names.
    boundary: the noise level at and above which `high` runs; None for that of the published models.

    Other arguments and errors are those of `load_dit`. Raises ValueError unless both have the same config.
    """
    first, second = (load_dit(path, device=device, dtype=dtype, runs_on=runs_on) for path in (high, low))
    return Experts(first, second, published_boundary(first.config) if boundary is None else boundary).eval()


def published_boundary(config: DiTConfig) -> float:
    """Return the noise level at and above which the first of two published experts of this config runs."""
    return IMAGE_BOUNDARY if config.image_to_video else TEXT_BOUNDARY


def load_vae(path: Path | str, *, device: torch.device | str = "cpu", dtype: torch.dtype | None = None) -> VideoVAE:
    """Load a VAE from one of our files or from a published Wan 2.1 or 2.2 VAE; dtype and errors as in `load_dit`.

    path: a published file may have Wan's format (also .pth) or diffusers', with or without other models in it.
    """
    header = read_weights_file(path)
    if _is_ours(header, Kind.VAE):
        adapter = StateDictAdapter.identity(header)
        dtype = dtype or working_dtype(header, adapter, device)
        vae = VideoVAE(parse_config(header, VAEConfig), device="meta")
        return load_weights(vae, header, adapter, device=device, dtype=dtype)
    found = _find_published_vae(header)
    if found is None:
        raise _foreign(header, Kind.VAE)
    vae = VideoVAE(found.config, device="meta")
    return load_weights(vae, header, found.adapter(vae.state_dict(), header.shapes), device=device, dtype=dtype)


def load_text_encoder(
    path: Path | str,
    *,
    tokenizer: Path | str | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
) -> TextEncoder:
    """Load a text encoder with its tokenizer from one of our files or from a published umT5; errors as in `load_dit`.

    path: a published file may have ComfyUI's, transformers' or Wan's format (also .pth), in any precision down to fp8;
        or an index of shards, or one of the shards.
    tokenizer: a tokenizer.json or a SentencePiece model; None for the one in the file, or else the one beside it.
    dtype: dtype of the weights. None keeps that of the file on every device (bfloat16 for fp8), because the encoder
        computes in float32 anyway.
    """
    header = read_weights_file(path)
    if _is_ours(header, Kind.TEXT_ENCODER):
        encoder, adapter = _own_text_encoder(header), StateDictAdapter.identity(header)
    elif (found := find_text_encoder(header)) is not None:
        words = find_tokenizer(header, found.spiece) if tokenizer is None else read_tokenizer(Path(tokenizer))
        try:
            encoder, adapter = TextEncoder(found.config, words, device="meta"), found.adapter
        except ValueError as error:
            raise CheckpointError(f"{header.path} and its tokenizer do not fit each other: {error}") from error
    else:
        raise _foreign(header, Kind.TEXT_ENCODER)
    dtype = dtype or working_dtype(header, adapter, "meta")  # "meta" keeps half precision, also for a CPU
    return load_weights(encoder, header, adapter, device=device, dtype=dtype)


def _find_published_dit(header: Header) -> StateDictAdapter | None:
    try:
        return find_adapter(header.shapes)
    except ValueError as error:
        raise CheckpointError(f"{header.path} has a Wan DiT that cannot be loaded: {error}") from error


def _find_published_vae(header: Header) -> StoredVAE | None:
    try:
        return find_vae(header.shapes)
    except ValueError as error:
        raise CheckpointError(f"{header.path} has a Wan VAE that cannot be loaded: {error}") from error


def _own_text_encoder(header: Header) -> TextEncoder:
    if "sora_tokenizer" not in header.metadata:
        raise CheckpointError(f"{header.path} has no tokenizer in its metadata (sora_tokenizer); save it again")
    try:
        config, words = parse_config(header, TextEncoderConfig), tokenizer_of_json(header.metadata["sora_tokenizer"])
        return TextEncoder(config, words, device="meta")
    except CheckpointError:
        raise
    except ValueError as error:
        raise CheckpointError(f"config or tokenizer in {header.path} is broken: {error}") from error


def _is_ours(header: Header, kind: Kind) -> bool:
    """Whether our metadata says that the file holds `kind`; raises CheckpointError if it names another kind."""
    found = header.metadata.get("sora_kind")
    if found is None:
        return False
    if found != kind.value:
        raise CheckpointError(f"{header.path} holds a {found}, expected a {kind.value}; load it with load_{found}")
    if header.metadata.get("sora_format") != FORMAT:
        got = header.metadata.get("sora_format")
        raise CheckpointError(f"{header.path} has format {got}, expected {FORMAT}; update this package or the file")
    return True


def _foreign(header: Header, kind: Kind) -> CheckpointError:
    """Make the error for a file without our metadata that holds no `kind`; it says what the file looks like."""
    keys = list(header.shapes)
    return CheckpointError(
        f"{header.path} is not a {kind.value} that can be loaded here: it looks like {looks_like(keys)} "
        f"(first keys: {', '.join(keys[:3]) or 'none'})"
    )

"""Weights in and out: safetensors, with the model's config as JSON in the file's metadata, written whole or not at all.

Loading is strict. Files of ours say what they hold; of files without our metadata the published Wan DiTs are known by
their keys, and the config is read off the tensors' shapes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from ..models.wan.dit import DiTConfig, Experts, VideoDiT
from ..models.wan.dit.state_dict import find_layout, wan_config
from ..models.wan.text_encoder import TextEncoder, TextEncoderConfig
from ..models.wan.text_encoder.state_dict import find_text_encoder, find_tokenizer, read_tokenizer
from ..models.wan.vae import VAEConfig, VideoVAE
from ..models.wan.vae.state_dict import StoredVAE, find_vae
from ..system.atomic_file import atomic_path, cannot_write
from ..tensors.safetensors_file import CheckpointError, Header, read_header
from ..tensors.state_dict import Layout, fill, looks_like, working_dtype
from ..tensors.torch_file import read_weights_file

__all__ = [
    "CheckpointError",
    "Kind",
    "ModelConfig",
    "load_dit",
    "load_experts",
    "load_text_encoder",
    "load_vae",
    "published_boundary",
    "read_configs",
    "read_metadata",
    "save_checkpoint",
]

ModelConfig = DiTConfig | VAEConfig | TextEncoderConfig
FORMAT = "1"
TEXT_BOUNDARY, IMAGE_BOUNDARY = 0.875, 0.9  # of Wan 2.2 A14B text to video and image to video


class Kind(Enum):
    """What a file holds."""

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
    """Write weights with what is needed to build their module again. An old file stays whole until the new one is.

    config: the module's config dataclass. extra: further metadata, such as {"sora_fps": "8"}.
    OSError where the file cannot be written (no such folder, no permission, disk full).
    """
    state = weights.state_dict() if isinstance(weights, nn.Module) else weights
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    metadata = {"sora_format": FORMAT, "sora_kind": kind.value, "sora_config": json.dumps(asdict(config))}
    with atomic_path(path) as temporary:
        try:
            save_file(tensors, temporary, metadata=metadata | dict(extra or {}))
        except (OSError, SafetensorError) as error:  # safetensors has a class of its own for a full disk
            raise cannot_write(Path(path), error) from error


def read_metadata(path: Path | str) -> dict[str, str]:
    """The metadata of a file, without loading its tensors; CheckpointError as in `load_dit`."""
    return dict(read_header(path).metadata)


def read_configs(path: Path | str) -> list[ModelConfig]:
    """The configs of the models in a file that are loaded here, read off its header; errors as in `load_dit`.

    None of them for something else; more than one for a file with a whole published model.
    """
    header = read_weights_file(path)
    classes = {Kind.DIT: DiTConfig, Kind.VAE: VAEConfig, Kind.TEXT_ENCODER: TextEncoderConfig}
    for kind, config_class in classes.items():
        if header.metadata.get("sora_kind") == kind.value and _is_ours(header, kind):
            return [_parse_config(header, config_class)]
    found: list[ModelConfig] = []
    if (layout := find_layout(header.shapes)) is not None:
        found.append(wan_config(header, layout))
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
    """The DiT of a file of ours or of a published Wan checkpoint, ready to run.

    path: a safetensors file in Wan's, ComfyUI's or diffusers' layout, of text-to-video or image-to-video models, in any
        precision down to fp8; an index of shards, or one of the shards.
    dtype: of the weights; None keeps that of the file, but half precision becomes float32 on a CPU, fp8 elsewhere bf16.
    runs_on: where it will be moved to before it runs, which that depends on; None is `device`.
    CheckpointError where the file is missing, broken, of another kind, or does not fit its config.
    """
    header = read_header(path)
    if _is_ours(header, Kind.DIT):
        config, layout = _parse_config(header, DiTConfig), Layout.plain(header)
    elif (found := find_layout(header.shapes)) is not None:
        config, layout = wan_config(header, found), found
    else:
        raise _foreign(header, Kind.DIT)
    dtype = dtype or working_dtype(header, layout, device if runs_on is None else runs_on)
    return fill(VideoDiT(config, device="meta"), header, layout, device=device, dtype=dtype)


def load_experts(
    high: Path | str,
    low: Path | str,
    *,
    boundary: float | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    runs_on: torch.device | str | None = None,
) -> Experts:
    """The two DiTs of Wan 2.2 A14B as one, from the files whose names have high_noise and low_noise in them.

    boundary: the noise level from which `high` answers; None is that of the published models of this kind.
    Other arguments and errors as in `load_dit`; ValueError where the two are not of one config.
    """
    first, second = (load_dit(path, device=device, dtype=dtype, runs_on=runs_on) for path in (high, low))
    return Experts(first, second, published_boundary(first.config) if boundary is None else boundary).eval()


def published_boundary(config: DiTConfig) -> float:
    """The noise level from which the first of two published experts of this config answers."""
    return IMAGE_BOUNDARY if config.image_to_video else TEXT_BOUNDARY


def load_vae(path: Path | str, *, device: torch.device | str = "cpu", dtype: torch.dtype | None = None) -> VideoVAE:
    """The VAE of a file of ours or of a published Wan 2.1 or 2.2 VAE, ready to run; dtype and errors as in `load_dit`.

    path: a published one may be in the layout of Wan (also its .pth) or diffusers, alone or beside other models.
    """
    header = read_weights_file(path)
    if _is_ours(header, Kind.VAE):
        layout = Layout.plain(header)
        dtype = dtype or working_dtype(header, layout, device)
        vae = VideoVAE(_parse_config(header, VAEConfig), device=device, dtype=dtype)
        return fill(vae, header, layout, device=device, dtype=dtype)
    found = _find_published_vae(header)
    if found is None:
        raise _foreign(header, Kind.VAE)
    vae = VideoVAE(found.config, device="meta")
    return fill(vae, header, found.layout(vae.state_dict(), header.shapes), device=device, dtype=dtype)


def load_text_encoder(
    path: Path | str,
    *,
    tokenizer: Path | str | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
) -> TextEncoder:
    """The text encoder of a file of ours, or a published umT5, with its tokenizer, ready to run.

    path: a published one may be in the layout of ComfyUI, transformers or Wan (also its .pth), in any precision down to
        fp8; an index of shards, or one of the shards.
    tokenizer: a tokenizer.json or a SentencePiece model; by default the one in the file, or else the one beside it.
    dtype: of the weights; None keeps that of the file on every device (bfloat16 for fp8): arithmetic is in float32.
    Errors as in `load_dit`.
    """
    header = read_weights_file(path)
    if _is_ours(header, Kind.TEXT_ENCODER):
        encoder, layout = _own_text_encoder(header), Layout.plain(header)
    elif (found := find_text_encoder(header)) is not None:
        words = find_tokenizer(header, found.spiece) if tokenizer is None else read_tokenizer(Path(tokenizer))
        try:
            encoder, layout = TextEncoder(found.config, words, device="meta"), found.layout
        except ValueError as error:
            raise CheckpointError(f"{header.path} and its tokenizer do not fit each other: {error}") from error
    else:
        raise _foreign(header, Kind.TEXT_ENCODER)
    dtype = dtype or working_dtype(header, layout, "meta")  # not that of a CPU: see above
    return fill(encoder, header, layout, device=device, dtype=dtype)


def _find_published_vae(header: Header) -> StoredVAE | None:
    try:
        return find_vae(header.shapes)
    except ValueError as error:
        raise CheckpointError(f"{header.path} has a Wan VAE that cannot be loaded: {error}") from error


def _own_text_encoder(header: Header) -> TextEncoder:
    if "sora_tokenizer" not in header.metadata:
        raise CheckpointError(f"{header.path} has no tokenizer in its metadata (sora_tokenizer); save it again")
    try:
        return TextEncoder.from_json(header.metadata["sora_config"], header.metadata["sora_tokenizer"], device="meta")
    except Exception as error:  # tokenizers raises the bare class
        raise CheckpointError(f"config or tokenizer in {header.path} is broken: {error}") from error


def _is_ours(header: Header, kind: Kind) -> bool:
    """Whether our metadata says that the file holds `kind`; CheckpointError where it says something else."""
    found = header.metadata.get("sora_kind")
    if found is None:
        return False
    if found != kind.value:
        raise CheckpointError(f"{header.path} holds a {found}, expected a {kind.value}; load it with load_{found}")
    if header.metadata.get("sora_format") != FORMAT:
        got = header.metadata.get("sora_format")
        raise CheckpointError(f"{header.path} has format {got}, this version reads {FORMAT}; update one of the two")
    return True


Config = TypeVar("Config")


def _parse_config(header: Header, config_class: type[Config]) -> Config:
    try:
        fields = json.loads(header.metadata["sora_config"])
        return config_class(**{name: tuple(x) if isinstance(x, list) else x for name, x in fields.items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{header.path} has no valid {config_class.__name__} in its metadata: {error}") from error


def _foreign(header: Header, kind: Kind) -> CheckpointError:
    """The error for a file without our metadata that is not what was asked for: says what it looks like."""
    keys = list(header.shapes)
    return CheckpointError(
        f"{header.path} is not a {kind.value} that can be loaded here: it looks like {looks_like(keys)} "
        f"(first keys: {', '.join(keys[:3]) or 'none'})"
    )

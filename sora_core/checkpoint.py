"""Weights in and out: safetensors, with the model's config as JSON in the file's metadata, written whole or not at all.

Loading is strict. Files of ours say what they hold; of files without our metadata the published Wan DiT is known by
its keys, and its config is read off the tensors' shapes.
"""

from __future__ import annotations

import json
import math
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from .dit import DiTConfig, VideoDiT
from .tensor_file import CheckpointError, Header, read_header

if TYPE_CHECKING:
    from .text_encoder import TextEncoder
    from .vae import VideoVAE

__all__ = [
    "CheckpointError",
    "Kind",
    "atomic_path",
    "load_dit",
    "load_text_encoder",
    "load_vae",
    "read_metadata",
    "save_checkpoint",
]

FORMAT = "1"
WAN_HEAD_WIDTH = 128
WAN_PREFIXES = ("", "model.diffusion_model.", "diffusion_model.")
Module = TypeVar("Module", bound=nn.Module)


class Kind(Enum):
    """What a file holds."""

    DIT = "dit"
    VAE = "vae"
    TEXT_ENCODER = "text_encoder"


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A temporary path beside `path`: becomes `path` when the block ends, is deleted when it fails or is interrupted.

    OSError where the folder is missing or may not be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        mode = temporary.stat().st_mode  # what the umask allows; safetensors would leave the file to its owner alone
        yield temporary
        temporary.chmod(mode)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        try:
            os.replace(temporary, path)
        except OSError as error:
            raise _cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


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
            raise _cannot_write(Path(path), error) from error


def read_metadata(path: Path | str) -> dict[str, str]:
    """The metadata of a file, without loading its tensors; CheckpointError as in `load_dit`."""
    return dict(read_header(path).metadata)


def load_dit(path: Path | str, *, device: torch.device | str = "cpu", dtype: torch.dtype | None = None) -> VideoDiT:
    """The DiT of a file of ours or of a published Wan text-to-video checkpoint, ready to run.

    dtype: of the weights; None keeps that of the file, but half precision becomes float32 on a CPU.
    CheckpointError where the file is missing, broken, of another kind, or does not fit its config.
    """
    header = read_header(path)
    prefix = ""
    if _is_ours(header, Kind.DIT):
        config = _parse_config(header, DiTConfig)
    else:
        prefix = _wan_prefix(header)
        config = _wan_config(header, prefix)
    dtype = dtype or _working_dtype(header, device)
    return _fill(VideoDiT(config, device="meta", dtype=dtype), header, prefix, device, dtype)


def load_vae(path: Path | str, *, device: torch.device | str = "cpu", dtype: torch.dtype | None = None) -> VideoVAE:
    """The VAE of a file of ours, ready to run; dtype and errors as in `load_dit`."""
    from .vae import VAEConfig, VideoVAE

    header = read_header(path)
    if not _is_ours(header, Kind.VAE):
        raise _foreign(header, Kind.VAE)
    dtype = dtype or _working_dtype(header, device)
    return _fill(VideoVAE(_parse_config(header, VAEConfig), device=device, dtype=dtype), header, "", device, dtype)


def load_text_encoder(
    path: Path | str, *, device: torch.device | str = "cpu", dtype: torch.dtype | None = None
) -> TextEncoder:
    """The text encoder of a file of ours with its tokenizer, ready to run; dtype and errors as in `load_dit`."""
    from .text_encoder import TextEncoder  # here: transformers takes seconds to import

    header = read_header(path)
    if not _is_ours(header, Kind.TEXT_ENCODER):
        raise _foreign(header, Kind.TEXT_ENCODER)
    if "sora_tokenizer" not in header.metadata:
        raise CheckpointError(f"{header.path} has no tokenizer in its metadata (sora_tokenizer); save it again")
    dtype = dtype or _working_dtype(header, device)
    try:
        encoder = TextEncoder.from_json(
            header.metadata["sora_config"], header.metadata["sora_tokenizer"], device=device, dtype=dtype
        )
    except Exception as error:  # tokenizers raises the bare class
        raise CheckpointError(f"config or tokenizer in {header.path} is broken: {error}") from error
    return _fill(encoder, header, "", device, dtype)


def _cannot_write(path: Path, error: Exception) -> OSError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    message = f"cannot write {path}: {reason}; check that the folder exists, may be written to and has space left"
    return OSError(error.errno, message) if isinstance(error, OSError) and error.errno else OSError(message)


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


def _wan_prefix(header: Header) -> str:
    for prefix in WAN_PREFIXES:
        if prefix + "head.modulation" in header.shapes and prefix + "patch_embedding.weight" in header.shapes:
            return prefix
    raise _foreign(header, Kind.DIT)


def _foreign(header: Header, kind: Kind) -> CheckpointError:
    """The error for a file without our metadata that is not what was asked for: says what it looks like."""
    keys = list(header.shapes)
    looks_like = "another model"
    for mark, name in FOREIGN_MARKS.items():
        if any(mark in key for key in keys):
            looks_like = name
            break
    return CheckpointError(
        f"{header.path} is not a {kind.value} that can be loaded here: it looks like {looks_like} "
        f"(first keys: {', '.join(keys[:3]) or 'none'})"
    )


FOREIGN_MARKS = {
    "lora_": "a LoRA, which is loaded onto a model",
    "condition_embedder.": "a Wan DiT in the layout of diffusers; take the single file in the original layout",
    "head.modulation": "a Wan DiT",
    "double_blocks.": "a Flux or Hunyuan model",
    "input_blocks.": "a Stable Diffusion model",
    "joint_blocks.": "a Stable Diffusion 3 model",
    "encoder.block.": "a T5 text encoder",
    "token_embedding.weight": "a text encoder",
    "decoder.upsamples.": "a Wan VAE",
    "decoder.": "a VAE",
}


def _wan_config(header: Header, prefix: str) -> DiTConfig:
    """Config of a Wan DiT from the shapes of its tensors."""
    try:
        dim, in_channels, *patch = header.shapes[prefix + "patch_embedding.weight"]
        layers = [key.removeprefix(prefix).split(".")[1] for key in header.shapes if key.startswith(prefix + "blocks.")]
        patch_cells = patch[0] * patch[1] * patch[2]
        return DiTConfig(
            in_channels=in_channels,
            out_channels=header.shapes[prefix + "head.head.weight"][0] // patch_cells,
            dim=dim,
            ffn_dim=header.shapes[prefix + "blocks.0.ffn.0.weight"][0],
            num_heads=dim // WAN_HEAD_WIDTH,
            num_layers=1 + max(int(index) for index in layers),
            text_dim=header.shapes[prefix + "text_embedding.0.weight"][1],
            freq_dim=header.shapes[prefix + "time_embedding.0.weight"][1],
            patch_size=(patch[0], patch[1], patch[2]),
            cross_attn_norm=prefix + "blocks.0.norm3.weight" in header.shapes,
        )
    except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
        raise CheckpointError(f"{header.path} is a Wan DiT with keys or sizes of its own: {error}") from error


def _working_dtype(header: Header, device: torch.device | str) -> torch.dtype:
    """The dtype of most of the file; on a CPU, where half precision is slow, at least float32."""
    largest = max(header.dtypes, key=lambda name: math.prod(header.shapes[name]), default=None)
    dtype = header.dtypes[largest] if largest else torch.float32
    if torch.device(device).type == "cpu":
        return torch.promote_types(dtype, torch.float32) if dtype.itemsize > 1 else torch.float32
    return dtype if dtype.itemsize > 1 else torch.bfloat16


def _fill(module: Module, header: Header, prefix: str, device: torch.device | str, dtype: torch.dtype) -> Module:
    """Put the tensors of the file into the module, which may still be on the meta device."""
    expected = {prefix + name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    _compare(header, expected)
    try:
        with safe_open(header.path, framework="pt", device=str(device)) as file:
            state = {name.removeprefix(prefix): file.get_tensor(name).to(dtype) for name in expected}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot read {header.path}: {error}") from error
    module.load_state_dict(state, assign=any(weight.is_meta for weight in module.parameters()))
    return module.eval()


def _compare(header: Header, expected: Mapping[str, tuple[int, ...]]) -> None:
    """CheckpointError, with the first few names, where keys or shapes are not those expected."""
    missing = [name for name in expected if name not in header.shapes]
    unexpected = [name for name in header.shapes if name not in expected]
    wrong = [
        f"{name} (got {list(header.shapes[name])}, expected {list(shape)})"
        for name, shape in expected.items()
        if name in header.shapes and header.shapes[name] != shape
    ]
    findings = {"missing": missing, "unexpected": unexpected, "of the wrong shape": wrong}
    lines = [f"{len(names)} {what}: {', '.join(names[:3])}" for what, names in findings.items() if names]
    if lines:
        raise CheckpointError(f"the tensors in {header.path} do not fit the model: {'; '.join(lines)}")

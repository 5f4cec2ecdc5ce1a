"""Keeps sampled latents when there is no memory to decode them: in files that Load Latent opens, named in the error."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from ...sora_core.system.atomic_file import atomic_path, cannot_write
from ...sora_core.system.memory import is_out_of_memory
from ...sora_core.tensors.foreign_text import bounded
from .. import host
from ..io.adapters import Latent, parts_of

Decode = TypeVar("Decode", bound=Callable[..., Any])
LOWER = "Lower the size or the duration, or decode with VAE Decode (Tiled) and smaller tiles"


class DecodeOutOfMemory(torch.OutOfMemoryError):
    """Says where the latents are and what to lower. ComfyUI unloads its models for an error of this class."""


def keeps_latents(execute: Decode) -> Decode:
    """An `execute(cls, samples, ...)` that saves its samples and raises DecodeOutOfMemory when memory runs out."""

    @wraps(execute)
    def kept(cls: Any, samples: Latent, *others: Any, **named: Any) -> Any:
        try:
            return execute(cls, samples, *others, **named)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            reason = bounded(" ".join(str(error).split())) or type(error).__name__
        # Outside the handler, whose error holds tensors.
        raise DecodeOutOfMemory(f"out of memory while decoding: {_kept(samples)}. {LOWER}. ({reason})")

    return cast(Decode, kept)


def _kept(samples: Latent) -> str:
    """Save the frames of a LATENT, and its sound if there is any; where they are and how to open them."""
    try:
        paths = [_saved(part, of) for part, of in zip(parts_of(samples["samples"]), ("frames", "sound"), strict=False)]
    except OSError as problem:
        return f"the sampled latents could not be kept, {problem}"
    names, loader = " and ".join(map(str, paths)), "Load Latent" + " and LTXV Concat AV Latent" * (len(paths) - 1)
    return f"the sampled latents are in {names}, so that {loader} can take the place of the sampler (set fps then)"


def _saved(latents: torch.Tensor, of: str) -> Path:
    """Write latents as ComfyUI's Save Latent does. The same latents get the same name."""
    latents = latents.detach().float().cpu().contiguous()
    name = sha256(latents.numpy().tobytes()).hexdigest()[:12]
    folder = host.current().input_folder()  # which Load Latent lists; it is not emptied as the temporary one
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"sora_{of}_{name}.latent"
    with atomic_path(path) as temporary:
        try:
            save_file({"latent_tensor": latents, "latent_format_version_0": torch.tensor([])}, temporary)
        except (OSError, SafetensorError) as error:  # safetensors raises its own class for a full disk
            raise cannot_write(path, error) from error
    return path

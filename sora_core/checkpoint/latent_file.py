"""Files of latents, as ComfyUI's Save Latent writes them and its Load Latent reads them (.latent)."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from ..system.atomic_file import atomic_path, cannot_write
from ..tensors.safetensors_file import read_header, read_tensor

LATENTS, VERSION = "latent_tensor", "latent_format_version_0"
OLD_SCALE = 0.18215  # of files without a version


def write_latents(path: Path, latents: torch.Tensor) -> None:
    """Write latents of any shape. Raises OSError if the file cannot be written."""
    with atomic_path(path) as temporary:
        try:
            save_file({LATENTS: latents.contiguous(), VERSION: torch.tensor([])}, temporary)
        except (OSError, SafetensorError) as error:  # safetensors raises its own class for a full disk
            raise cannot_write(path, error) from error


def read_latents(path: Path) -> torch.Tensor:
    """The latents of a file, float32. Raises CheckpointError for a broken file, ValueError for another kind of file."""
    header = read_header(path)
    if LATENTS not in header.shapes:
        raise ValueError(f"got {path}, expected a file of latents, as Save Latent writes it")
    latents = read_tensor(header, LATENTS).float()
    return latents if VERSION in header.shapes else latents / OLD_SCALE

"""Reads checkpoints that torch saved (.pth), tensors only, memory-mapped.

A pickle may run any code; torch's restricted reader (weights_only) refuses everything but tensors in plain containers.
"""

from __future__ import annotations

from pathlib import Path

import torch

from .safetensors_file import CheckpointError, Header, read_header

STARTS = (b"PK\x03\x04", b"\x80\x02")  # a zip archive, and a bare pickle as saved by torch before 1.6


def read_weights_file(path: Path | str) -> Header:
    """Read the header of a safetensors or torch file; raises CheckpointError as read_header does."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError:
        return read_header(path)  # raises and says what is wrong
    return read_pickled(path) if start.startswith(STARTS) else read_header(path)


def read_pickled(path: Path) -> Header:
    """Read the header of a torch file.

    Raises CheckpointError if the file is damaged, too old to be memory-mapped, or holds more than tensors by name.
    """
    try:
        tensors = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except Exception as error:  # torch documents no classes, they depend on what is wrong
        raise CheckpointError(f"{path} cannot be read: {_reason(error)}") from error
    if not isinstance(tensors, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in tensors.values()):
        raise CheckpointError(f"{path} holds something other than a dict of tensors; use the safetensors file instead")
    return Header(
        path,
        {},
        {name: tuple(tensor.shape) for name, tensor in tensors.items()},
        {name: tensor.dtype for name, tensor in tensors.items() if tensor.is_floating_point()},
        dict.fromkeys(tensors, path),
        tensors,
    )


def _reason(error: Exception) -> str:
    text = str(error)
    if "Weights only" in text or "Unsupported" in text:
        return "its pickle holds more than tensors, and may run code; use the safetensors file instead"
    if "mmap can only be used" in text:
        return "it was saved by torch before 1.6; use the safetensors file, or save it again"
    return f"{text.strip().splitlines()[0] if text.strip() else type(error).__name__}; copy or download it again"

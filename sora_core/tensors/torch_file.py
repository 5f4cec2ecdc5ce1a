"""Checkpoints as torch saves them (.pth): an archive of tensors and a pickle, of which only tensors are taken.

A pickle may run any code; torch's restricted reader refuses all but tensors in plain containers. The tensors stay
mapped from the file, as those of safetensors files do.
"""

from __future__ import annotations

from pathlib import Path

import torch

from .safetensors_file import CheckpointError, Header, read_header

STARTS = (b"PK\x03\x04", b"\x80\x02")  # an archive, and the bare pickle of torch before 1.6


def read_weights_file(path: Path | str) -> Header:
    """What a file of either kind says about its tensors; CheckpointError as in read_header."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError:
        return read_header(path)  # it says what is wrong, and takes folders' indices
    return read_pickled(path) if start.startswith(STARTS) else read_header(path)


def read_pickled(path: Path) -> Header:
    """As read_header; CheckpointError for a file that is damaged, too old to be mapped or more than tensors by name."""
    try:
        tensors = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except Exception as error:  # what is raised depends on what is wrong, and is not documented
        raise CheckpointError(f"{path} cannot be read: {_reason(error)}") from error
    if not isinstance(tensors, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in tensors.values()):
        raise CheckpointError(f"{path} holds something else than tensors by name; take the safetensors file instead")
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
        return "its pickle holds more than tensors, and may run code; take the safetensors file instead"
    if "mmap can only be used" in text:
        return "it was saved by torch before 1.6; take the safetensors file, or save it again"
    return f"{text.strip().splitlines()[0] if text.strip() else type(error).__name__}; copy or download it again"

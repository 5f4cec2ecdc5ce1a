"""The header of a safetensors file, read with care: every way in which a file can be broken has its own message.

Format: 8 bytes of header length, a JSON header (names, dtypes, shapes, byte ranges, metadata), then the bytes of the
tensors (https://github.com/huggingface/safetensors).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch

MAX_HEADER = 100_000_000  # bytes, as in the format's own reader
DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}


class CheckpointError(ValueError):
    """A file that cannot be loaded: the message says what was found, what is expected and what to do."""


@dataclass(frozen=True)
class Header:
    """What a file says about its tensors. dtypes has only those of floating point."""

    path: Path
    metadata: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, torch.dtype]


def read_header(path: Path | str) -> Header:
    """Read and check a header; CheckpointError where there is no whole safetensors file at `path`."""
    path = Path(path)
    if path.is_dir():
        files = sorted(file.name for file in path.glob("*.safetensors"))
        raise CheckpointError(f"{path} is a folder, expected a .safetensors file{_choice(files)}")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(9)
            length = int.from_bytes(start[:8], "little")
            if size == 0:
                raise CheckpointError(f"{path} is empty (0 bytes); copy or download it again")
            if start[8:] != b"{" or length > MAX_HEADER:
                raise CheckpointError(_not_safetensors(path, start + file.read(64)))
            text = b"{" + file.read(length - 1)
    except FileNotFoundError as error:
        raise CheckpointError(_missing(path)) from error
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    if len(text) < length:
        raise _truncated(path, size, 8 + length)
    header, metadata = _parse(path, text)
    end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if size < end:
        raise _truncated(path, size, end)
    if not header or size > end:
        raise CheckpointError(f"{path} is broken: it describes {len(header)} tensors and {end} bytes, got {size} bytes")
    return Header(
        path,
        metadata,
        {name: tuple(entry["shape"]) for name, entry in header.items()},
        {name: DTYPES[entry["dtype"]] for name, entry in header.items() if entry["dtype"] in DTYPES},
    )


def _parse(path: Path, text: bytes) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Entries by name, and the metadata."""
    try:
        header = json.loads(text)
        metadata = dict(header.pop("__metadata__", None) or {})
        for entry in header.values():
            _ = entry["dtype"], [int(size) for size in entry["shape"]], int(entry["data_offsets"][1])
        return header, metadata
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise CheckpointError(f"{path} has a broken header ({error}); copy or download it again") from error


def _truncated(path: Path, size: int, expected: int) -> CheckpointError:
    return CheckpointError(
        f"{path} is truncated: got {size:,} bytes, expected at least {expected:,}; copy or download it again"
    )


def _not_safetensors(path: Path, start: bytes) -> str:
    if start.startswith(b"version https://git-lfs"):
        return f"{path} is only a Git LFS pointer; fetch the file itself with `git lfs pull`"
    if start.startswith((b"PK\x03\x04", b"\x80\x02")):
        return f"{path} is a pickled PyTorch file, which may run code; expected safetensors: convert it first"
    return f"{path} is not a safetensors file: it begins with {start[:24]!r}"


def _missing(path: Path) -> str:
    if not path.parent.is_dir():
        return f"{path} does not exist: there is no folder {path.parent}"
    files = sorted(file.name for file in path.parent.glob("*.safetensors"))
    close = get_close_matches(path.name, files, n=1, cutoff=0.5)
    return f"{path} does not exist" + (f"; did you mean {close[0]}?" if close else _choice(files))


def _choice(files: list[str]) -> str:
    return f"; there are {', '.join(files[:3])}" if files else "; there is none in that folder"

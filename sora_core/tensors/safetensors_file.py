"""Reads safetensors files and shards, with an error for each way to be broken.

Format: 8 bytes of header length, a JSON header (names, dtypes, shapes, byte ranges, metadata), then the tensors' bytes
(https://github.com/huggingface/safetensors). A large model may have several files (shards) and an index that maps each
tensor to its shard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

INDEX = ".index.json"
SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.safetensors")
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
    """A file cannot be loaded. The message says what was found, what is expected and what to do."""


@dataclass(frozen=True)
class Header:
    """Names, shapes and dtypes of the tensors in a file or a set of shards; dtypes has floating-point ones only."""

    path: Path
    metadata: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, torch.dtype]
    files: Mapping[str, Path]  # file of each tensor: `path`, or one of its shards
    tensors: Mapping[str, torch.Tensor] | None = None  # memory-mapped tensors, if the file is not safetensors


def read_header(path: Path | str) -> Header:
    """Read and check the header of a file, or those of all shards if `path` is an index or one of the shards.

    Raises CheckpointError if there is no complete safetensors file at `path`, or a shard is missing or broken.
    """
    path = Path(path)
    if path.name.endswith(INDEX) and not path.is_dir():
        return _read_index(path)
    shard = SHARD.fullmatch(path.name)
    if shard and int(shard[3]) > 1 and path.is_file():
        index = path.with_name(f"{shard[1]}.safetensors{INDEX}")
        if not index.is_file():
            raise CheckpointError(
                f"{path} is only shard {int(shard[2])} of {int(shard[3])}, and their index {index.name} is not beside "
                "it; copy or download it too"
            )
        return _read_index(index)
    return _read_file(path)


def read_tensor(header: Header, name: str) -> torch.Tensor:
    """Memory-map one tensor on the CPU: it uses memory only for what is read, shared with the file's cache.

    Each call makes a new mapping, so the memory is freed with the tensor. Raises CheckpointError as read_header does.
    """
    return MappedTensors(header)[name]


class MappedTensors:
    """Memory-mapped tensors of a header by name, as from read_tensor, with one mapping per file."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._open: dict[Path, Any] = {}

    def __getitem__(self, name: str) -> torch.Tensor:
        if self._header.tensors is not None:
            return self._header.tensors[name]
        path = self._header.files[name]
        try:
            if path not in self._open:
                self._open[path] = safe_open(path, framework="pt")
            return self._open[path].get_tensor(name)
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"cannot read {path}: {error}") from error


def _read_index(path: Path) -> Header:
    """Read the headers of all shards of an index as one."""
    try:
        shard_of = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        shards = sorted(set(shard_of.values()))
        if not shards or any(Path(shard).name != shard for shard in shards):
            raise ValueError("weight_map must name files in the same folder")
    except FileNotFoundError as error:
        raise CheckpointError(_missing(path)) from error
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} is not an index of shards ({error}); copy or download it again") from error
    lost = [shard for shard in shards if not (path.parent / shard).is_file()]
    if lost:
        raise CheckpointError(
            f"{path} has {len(shards)} shards, of which {len(lost)} are missing: {', '.join(lost[:3])}; "
            "copy or download them into the same folder"
        )
    try:
        headers = {shard: _read_file(path.parent / shard) for shard in shards}
    except CheckpointError as error:
        raise CheckpointError(f"a shard of {path} cannot be loaded: {error}") from error
    for name, shard in shard_of.items():
        if name not in headers[shard].shapes:
            raise CheckpointError(f"{path} maps {name} to {shard}, which has no such tensor; download both again")
    return Header(
        path,
        {key: value for header in headers.values() for key, value in header.metadata.items()},
        {name: headers[shard].shapes[name] for name, shard in shard_of.items()},
        {name: headers[shard].dtypes[name] for name, shard in shard_of.items() if name in headers[shard].dtypes},
        {name: path.parent / shard for name, shard in shard_of.items()},
    )


def _read_file(path: Path) -> Header:
    if path.is_dir():
        files = sorted(file.name for kind in ("*.safetensors", f"*{INDEX}") for file in path.glob(kind))
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
        dict.fromkeys(header, path),
    )


def _parse(path: Path, text: bytes) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Parse the header: entries by name, and the metadata."""
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
    if start.startswith(b"GGUF"):
        return f"{path} is a GGUF file, which is not supported; use the safetensors file of the same model"
    return f"{path} is not a safetensors file: it begins with {start[:24]!r}"


def _missing(path: Path) -> str:
    if not path.parent.is_dir():
        return f"{path} does not exist: there is no folder {path.parent}"
    files = sorted(file.name for file in path.parent.glob("*.safetensors"))
    close = get_close_matches(path.name, files, n=1, cutoff=0.5)
    return f"{path} does not exist" + (f"; did you mean {close[0]}?" if close else _choice(files))


def _choice(files: list[str]) -> str:
    return f"; there are {', '.join(files[:3])}" if files else "; there is none in that folder"

"""Reads safetensors files and shards, with an error for each way to be broken.

Format: 8 bytes of header length, a JSON header (names, dtypes, shapes, byte ranges, metadata), then the tensors' bytes
(https://github.com/huggingface/safetensors). A large model may have several files (shards) and an index that maps each
tensor to its shard.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import torch
from safetensors import SafetensorError, safe_open

from .foreign_files import MOST_JSON, open_file, parse_json, read_file
from .foreign_text import bounded, shown

INDEX = re.compile(r"(.+)\.safetensors\.index(?:\.(\w+))?\.json")  # diffusers puts a variant such as fp16 in it
INDEX_PATTERN = "*.safetensors.index*.json"
SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.safetensors")
PASSED = 2**22  # bytes of tensors that are read through one mapping, see MappedTensors.passing
MAX_AXES, MAX_SIZE = 8, 2**48  # of a tensor, and its size along one axis; also bytes of a file
SIZES = {  # bits of a number, by the format's names of dtypes
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I8", "U8", "BOOL"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
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

    def __init__(self, message: str) -> None:
        super().__init__(bounded(message))


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
    if INDEX.fullmatch(path.name) and not path.is_dir():
        return _read_index(path)
    shard = SHARD.fullmatch(path.name)
    if shard and int(shard[3]) > 1 and path.is_file():
        index = index_of(path)
        if index is None:
            raise CheckpointError(
                f"{path} is only shard {int(shard[2])} of {int(shard[3])}, and their index "
                f"{shard[1]}.safetensors.index.json is not beside it; copy or download it too"
            )
        return _read_index(index)
    return _read_file(path)


def index_of(path: Path) -> Path | None:
    """Return the index of the shard at `path`, which must lie beside it; None if there is none, or it is no shard.

    Of the shards model.fp16-00001-of-00002.safetensors it is model.fp16.safetensors.index.json or, as diffusers and
    transformers name it, model.safetensors.index.fp16.json.
    """
    shard = SHARD.fullmatch(path.name)
    if shard is None:
        return None
    stem, dot, variant = shard[1].rpartition(".")
    names = [f"{shard[1]}.safetensors.index.json"] + ([f"{stem}.safetensors.index.{variant}.json"] if dot else [])
    return next((index for name in names if (index := path.with_name(name)).is_file()), None)


def read_tensor(header: Header, name: str) -> torch.Tensor:
    """Memory-map one tensor on the CPU: it uses memory only for what is read, shared with the file's cache.

    Each call makes a new mapping, so the memory is freed with the tensor. Raises CheckpointError as read_header does.
    """
    return MappedTensors(header)[name]


class MappedTensors:
    """Memory-mapped tensors of a header by name, as from read_tensor, with one mapping per file.

    held: bytes of tensors after which a mapping is made anew, for tensors that are let go one by one: what is read
    stays in memory as long as its mapping. None keeps the mappings.
    """

    def __init__(self, header: Header, held: int | None = None) -> None:
        self.header, self._most, self._held = header, held, 0
        self._open: dict[Path, Any] = {}

    @classmethod
    def passing(cls, header: Header) -> MappedTensors:
        """Tensors that are read one after another and let go; a file is parsed again seldom, not for each of them."""
        return cls(header, PASSED)

    def __getitem__(self, name: str) -> torch.Tensor:
        if self.header.tensors is not None:
            return self.header.tensors[name]
        path = self.header.files[name]
        try:
            if path not in self._open:
                self._open[path] = safe_open(path, framework="pt")
            tensor: torch.Tensor = self._open[path].get_tensor(name)
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"cannot read {path}: {error}") from error
        self._held += tensor.nbytes
        if self._most is not None and self._held >= self._most:
            self._open, self._held = {}, 0
        return tensor


def _read_index(path: Path) -> Header:
    """Read the headers of all shards of an index as one."""
    try:
        shard_of = parse_json(read_file(path).decode("utf-8"))["weight_map"]
        shards = sorted(set(shard_of.values()))
        if not shards or any(Path(shard).name != shard for shard in shards):
            raise ValueError("weight_map must name files in the same folder")
    except FileNotFoundError as error:
        raise CheckpointError(_missing(path)) from error
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
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
        files = sorted(file.name for kind in ("*.safetensors", INDEX_PATTERN) for file in path.glob(kind))
        raise CheckpointError(f"{path} is a folder, expected a .safetensors file{_choice(files)}")
    try:
        with open_file(path) as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(9)
            length = int.from_bytes(start[:8], "little")
            if size == 0:
                raise CheckpointError(f"{path} is empty (0 bytes); copy or download it again")
            if start[8:] != b"{" or not 2 <= length <= MOST_JSON:
                raise CheckpointError(_not_safetensors(path, start + file.read(64)))
            text = b"{" + file.read(length - 1)
    except FileNotFoundError as error:
        raise CheckpointError(_missing(path)) from error
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    if len(text) < length:
        raise _truncated(path, size, 8 + length)
    entries, metadata = _parse(path, text)
    end = 8 + length + max((entry.end for entry in entries.values()), default=0)
    if size < end:
        raise _truncated(path, size, end)
    if not entries or size > end:
        raise CheckpointError(
            f"{path} is broken: it describes {len(entries)} tensors and {end} bytes, got {size} bytes"
        )
    return Header(
        path,
        metadata,
        {name: entry.shape for name, entry in entries.items()},
        {name: DTYPES[entry.dtype] for name, entry in entries.items() if entry.dtype in DTYPES},
        dict.fromkeys(entries, path),
    )


class _Entry(NamedTuple):
    """What a header says about a tensor: the format's name of its dtype, its shape, and its range of bytes."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def _parse(path: Path, text: bytes) -> tuple[dict[str, _Entry], dict[str, str]]:
    """Parse the header: entries by name, and the metadata."""
    try:
        header = parse_json(text)
        metadata = {} if header.get("__metadata__") is None else header.pop("__metadata__")
        header.pop("__metadata__", None)
        if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
            raise ValueError("__metadata__ holds something other than texts")
        entries = {name: _entry(name, value) for name, value in header.items()}
        end = 0
        for name, entry in sorted(entries.items(), key=lambda item: item[1][2:]):
            if entry.start != end:
                raise ValueError(f"{shown(name)} begins at byte {entry.start}, expected {end}")
            end = entry.end
    except (ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} has a broken header ({error}); copy or download it again") from error
    return entries, metadata


def _entry(name: str, value: Any) -> _Entry:
    """Read a tensor's entry; raises ValueError for anything but a dtype, a shape, and a range that fits them."""
    dtype, shape, ends = (
        value.get(key) if isinstance(value, dict) else None for key in ("dtype", "shape", "data_offsets")
    )
    if not (isinstance(dtype, str) and _are_sizes(shape) and _are_sizes(ends) and len(ends) == 2):
        raise ValueError(f"{shown(name)} is {shown(value)}, expected a dtype, a shape and two data_offsets")
    bits = SIZES.get(dtype)
    if ends[0] > ends[1] or (bits is not None and 8 * (ends[1] - ends[0]) != bits * math.prod(shape)):
        raise ValueError(f"{shown(name)} has {ends[1] - ends[0]} bytes for {dtype} of shape {shown(shape)}")
    return _Entry(dtype, tuple(shape), *ends)


def _are_sizes(value: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list) and len(value) <= MAX_AXES and all(type(x) is int and 0 <= x < MAX_SIZE for x in value)
    )


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

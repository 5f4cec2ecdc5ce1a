"""Slots: tensors of one shape under numbers, in memory or in a file that a later run goes on with.

The file is mapped into memory, so the system decides how much of it stays there. Its first bytes are an index with the
number and the checksum of each slot; a slot is void while it is written, so a killed process leaves no wrong one.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..system.atomic_file import atomic_path
from . import distributed

VOID = -1
_NUMPY: dict[torch.dtype, np.dtype[Any]] = {torch.uint8: np.dtype(np.uint8), torch.float16: np.dtype(np.float16)}


@dataclass(frozen=True)
class PoolFolder:
    """A folder of pools. made_from: what the clips of this run depend on; pools of others are refused."""

    path: Path
    made_from: str


class Slots:
    """`capacity` slots for tensors of one shape and type: number n lies in slot n % capacity.

    name: of these slots among those of a run. folder: where to keep them, in a file; None for memory. Raises ValueError
    if the file is of another run or broken, and OSError if there is no room for it.
    """

    def __init__(
        self, capacity: int, shape: Sequence[int], dtype: torch.dtype, *, folder: PoolFolder | None, name: str
    ) -> None:
        if capacity < 1 or dtype not in _NUMPY:
            raise ValueError(
                f"got {capacity} slots of {dtype}, expected at least one, of {', '.join(map(str, _NUMPY))}"
            )
        self.name, self.capacity, self.shape = name, capacity, tuple(shape)
        data, index = _NUMPY[dtype], np.dtype(np.int64)
        self._checked: set[int] = set()
        self._index: np.ndarray[Any, Any]
        self._values: np.ndarray[Any, Any]
        self.path: Path | None = None
        if folder is None:
            self._index = np.full((capacity, 2), VOID, index)
            self._values = np.empty((capacity, *self.shape), data)
            return
        self.path = folder.path / f"{name}-{distributed.rank()}.pool"
        index_bytes = capacity * 2 * index.itemsize
        size = index_bytes + capacity * int(np.prod(self.shape)) * data.itemsize
        _open(
            self.path,
            size,
            {"made from": folder.made_from, "clips": capacity, "shape": [*self.shape], "type": data.name},
        )
        self._index = np.memmap(self.path, index, "r+", shape=(capacity, 2))
        self._values = np.memmap(self.path, data, "r+", offset=index_bytes, shape=(capacity, *self.shape))

    def has(self, number: int) -> bool:
        """Whether there is a tensor under this number."""
        return bool(self._index[number % self.capacity, 0] == number)

    def put(self, number: int, value: torch.Tensor) -> None:
        """Put a tensor under a number, in place of the one in its slot."""
        slot = number % self.capacity
        array = np.ascontiguousarray(value.numpy(), self._values.dtype)
        self._index[slot, 0] = VOID
        self._values[slot] = array
        self._index[slot] = (number, zlib.crc32(array.data))
        self._checked.add(number)

    def get(self, number: int) -> torch.Tensor:
        """Return the tensor under a number, which must be there; it shares memory with the slot."""
        slot = number % self.capacity
        assert self.has(number)
        value = self._values[slot]
        if number not in self._checked:
            if zlib.crc32(np.ascontiguousarray(value).data) != self._index[slot, 1]:
                raise ValueError(f"the pool {self.path} is broken at clip {number}; delete it and resume")
            self._checked.add(number)
        return torch.from_numpy(value)


def _open(path: Path, size: int, description: dict[str, Any]) -> None:
    """Make the file and its description beside it, or check those that are there."""
    about = path.with_suffix(".json")
    if not about.exists():  # also where a kill came between the two
        path.parent.mkdir(parents=True, exist_ok=True)
        _allocate(path, size, description["clips"])
        with atomic_path(about) as temporary:
            temporary.write_text(json.dumps(description))
        return
    try:
        found = json.loads(about.read_text())
        there = path.stat().st_size
    except (OSError, ValueError) as error:
        raise ValueError(f"the pool {path} is broken ({error}); delete it and {about.name}") from error
    if found != description:
        differing = [
            name for name, value in description.items() if not isinstance(found, dict) or found.get(name) != value
        ]
        got = {name: found.get(name) for name in differing} if isinstance(found, dict) else found
        wanted = {name: description[name] for name in differing}
        raise ValueError(f"the pool {path} is of another run: got {got}, expected {wanted}; choose another --pool")
    if there != size:
        raise ValueError(f"the pool {path} is broken: got {there} bytes, expected {size}; delete it and {about.name}")


def _allocate(path: Path, size: int, capacity: int) -> None:
    """Make a file of void slots, all of it on the disk: a process whose mapped file finds no room there is killed."""
    try:
        with path.open("wb") as file:
            np.full((capacity, 2), VOID, np.int64).tofile(file)
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                while (left := size - file.tell()) > 0:
                    file.write(bytes(min(left, 1 << 24)))
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OSError(f"no room for the pool {path} of {size / 1e9:.1f} GB: {error}") from error

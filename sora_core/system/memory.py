"""How much main memory is free, and whether an error means that memory ran out, on any device."""

from __future__ import annotations

import re
from pathlib import Path

PHRASES = ("out of memory", "allocate memory")  # in plain RuntimeErrors from drivers and allocators


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, torch or a driver ran out of memory. Does not import torch: it compares class names."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or any(text in str(error).lower() for text in PHRASES)


def free_memory() -> int | None:
    """Bytes of main memory that this process can still take, within its container; None where nothing says it."""
    found = []
    meminfo = _read(Path("/proc/meminfo"))
    if match := re.search(r"^MemAvailable:\s+(\d+) kB", meminfo, re.MULTILINE):
        found.append(int(match[1]) * 1024)
    group = Path("/sys/fs/cgroup")
    limit, used = _read(group / "memory.max"), _read(group / "memory.current")
    if limit.strip().isdigit() and used.strip().isdigit():
        found.append(max(0, int(limit) - int(used)))
    return min(found, default=None)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""

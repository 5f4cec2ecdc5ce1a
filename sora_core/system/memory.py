"""How much main memory is free, and whether an error means that memory ran out, on any device."""

from __future__ import annotations

import re
from pathlib import Path

PHRASES = ("out of memory", "allocate memory", "failed to map segment")  # of drivers, allocators and loaded libraries
LEAST_LIMIT = 768 * 2**20  # bytes of addresses; below, torch and FFmpeg end the process while they are loaded


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, torch or a driver ran out of memory. Does not import torch: it compares class names.

    A language model's server that ran out of its own is none of them.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if "ServerError" in names:
        return False
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or any(text in str(error).lower() for text in PHRASES)


def check_memory_limit() -> None:
    """Raise OSError where a limit of this process (`ulimit -v`) is too small to load torch, which would not say so."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST_LIMIT:
        raise OSError(
            f"got a memory limit of {limit // 2**20} MB (ulimit -v), expected at least {LEAST_LIMIT // 2**20} MB, "
            "which torch and FFmpeg need to be loaded"
        )


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

"""Memory of this process as Linux counts it: what is in RAM now, and the most there was since it was last forgotten."""

from __future__ import annotations

import ctypes
import gc
import re
from pathlib import Path

STATUS = Path("/proc/self/status")


def resident_megabytes() -> float:
    """What is in RAM now."""
    return _megabytes("VmRSS")


def peak_megabytes() -> float:
    """The most that was in RAM since the start, or since it was forgotten."""
    return _megabytes("VmHWM")


def forget_peak() -> float:
    """Give back what the allocator holds but nobody uses, let the peak start from here, and say where that is.

    Without it a later growth would first fill what loading has left behind, and be seen too small.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return resident_megabytes()


def _megabytes(entry: str) -> float:
    found = re.search(rf"^{entry}:\s*(\d+) kB$", STATUS.read_text(), re.M)
    assert found, f"{STATUS} has no {entry}"
    return int(found[1]) / 1024

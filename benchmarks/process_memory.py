"""Memory of this process on Linux: current and peak resident memory."""

from __future__ import annotations

import ctypes
import gc
import re
from pathlib import Path

STATUS = Path("/proc/self/status")


def resident_megabytes() -> float:
    """Return the resident memory in MB."""
    return _megabytes("VmRSS")


def peak_megabytes() -> float:
    """Return the peak resident memory in MB, since the start or the last forget_peak."""
    return _megabytes("VmHWM")


def forget_peak() -> float:
    """Return unused memory to the system and reset the peak; returns the resident memory in MB.

    Otherwise later allocations would first reuse memory that loading has freed, and their growth would look too small.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return resident_megabytes()


def _megabytes(entry: str) -> float:
    found = re.search(rf"^{entry}:\s*(\d+) kB$", STATUS.read_text(), re.M)
    assert found, f"{STATUS} has no {entry}"
    return int(found[1]) / 1024

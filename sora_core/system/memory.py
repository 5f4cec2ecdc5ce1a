"""Whether an error means that memory ran out, on any device."""

from __future__ import annotations

PHRASES = ("out of memory", "allocate memory")  # of drivers and allocators that raise a plain RuntimeError


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, torch or a driver could not get memory. Needs no torch: its class is known by name."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or any(text in str(error).lower() for text in PHRASES)

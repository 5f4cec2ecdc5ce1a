"""A check whether an error means that memory ran out, on any device."""

from __future__ import annotations

PHRASES = ("out of memory", "allocate memory")  # in plain RuntimeErrors from drivers and allocators


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, torch or a driver ran out of memory. Does not import torch: it compares class names."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or any(text in str(error).lower() for text in PHRASES)

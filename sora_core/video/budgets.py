"""Budgets: how large frames and clips may be, so that a small file cannot ask for all memory.

They are checked before anything of that size is made.
"""

from __future__ import annotations

from ..system.memory import free_memory

MAX_PIXELS = 1 << 26  # of a frame: 8192 x 8192
MAX_SIDE = 1 << 15
MAX_REPEATED = 20_000  # frames that a clip may grow to because frames are repeated; one that has more has them in full
BYTES = 12  # of a pixel as float32 RGB
SHARE = 0.8  # of free memory that one clip may take


def check_size(height: int, width: int) -> None:
    """Raise ValueError for a frame that is empty, or larger than any that is meant."""
    if height < 1 or width < 1:
        raise ValueError(f"its frames have {width}x{height} pixels")
    if height * width > MAX_PIXELS or max(height, width) > MAX_SIDE:
        raise ValueError(f"its frames have {width}x{height} pixels, and at most {MAX_PIXELS:,} are read: scale it down")


def check_repeats(frames: int, given: int) -> None:
    """Raise ValueError if a clip of `given` frames would be repeated into far more; before they are made."""
    if frames > max(given, MAX_REPEATED):
        raise ValueError(
            f"its {given} frames would be repeated into {frames:,} at this rate, and at most {MAX_REPEATED:,} are made: "
            "its frame rate may be wrong, so convert it, or use a shorter part"
        )


def check_memory(frames: int, height: int, width: int) -> None:
    """Raise ValueError if frames [F H W 3] of float32 do not fit into what memory is free; before they are made."""
    wanted, free = frames * height * width * BYTES, free_memory()
    if free is not None and wanted > SHARE * free:
        raise ValueError(
            f"its {frames:,} frames of {width}x{height} take {wanted / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB "
            "are free: use a shorter part, or scale it down"
        )

"""Budgets: how large frames, clips and sound may be, so that a small file cannot ask for all memory.

They are checked before anything of that size is made.
"""

from __future__ import annotations

from ..system.memory import free_memory

MAX_PIXELS = 1 << 26  # of a frame: 8192 x 8192
MAX_SIDE = 1 << 15
MAX_REPEATED, MOST_TIMES = 20_000, 120  # frames that a clip may grow to by repeating some, or so many times its own
BYTES = 12  # of a pixel as float32 RGB
SAMPLE = 4  # bytes of one of sound, as float32
MAX_SILENCE = 3600  # seconds without sound in the middle of a file, or before it begins
SHARE = 0.8  # of free memory that one clip or sound may take


def check_size(height: int, width: int) -> None:
    """Raise ValueError for a frame that is empty, or larger than any that is meant."""
    if height < 1 or width < 1:
        raise ValueError(f"its frames have {width}x{height} pixels")
    if height * width > MAX_PIXELS or max(height, width) > MAX_SIDE:
        raise ValueError(f"its frames have {width}x{height} pixels, and at most {MAX_PIXELS:,} are read: scale it down")


def check_repeats(frames: int, given: int) -> None:
    """Raise ValueError if a clip of `given` frames would be repeated into far more; before they are made."""
    most = max(MAX_REPEATED, MOST_TIMES * given)
    if frames > most:
        raise ValueError(
            f"got a clip of {given} frames that last as long as {frames:,} at this rate, expected at most {most:,}: "
            "its own frame rate may be wrong, so convert it, or use a shorter part"
        )


def check_memory(frames: int, height: int, width: int, *, copies: int = 1) -> None:
    """Raise ValueError if frames [F H W 3] of float32 do not fit into what memory is free; before they are made."""
    wanted, free = copies * frames * height * width * BYTES, free_memory()
    if free is not None and wanted > SHARE * free:
        raise ValueError(
            f"got {frames:,} frames of {width}x{height}, which take {wanted / 1e9:.1f} GB of memory, "
            f"and {free / 1e9:.1f} GB are free: use a shorter part, or scale it down"
        )


def check_sound(samples: int, channels: int) -> None:
    """Raise ValueError if so much sound does not fit into what memory is free, twice: in pieces, and joined."""
    wanted, free = 2 * SAMPLE * samples * channels, free_memory()
    if free is not None and wanted > SHARE * free:
        raise ValueError(
            f"its sound has {samples:,} samples of {channels} channels, which take {wanted / 1e9:.1f} GB of memory, "
            f"and {free / 1e9:.1f} GB are free: use a shorter part"
        )


def check_silence(seconds: float) -> None:
    """Raise ValueError for silence in a file, before or between its sounds, that is longer than any that is meant."""
    if seconds > MAX_SILENCE:
        raise ValueError(
            f"its sound is silent for {seconds:,.0f} s before it goes on, and at most {MAX_SILENCE:,} are read: its "
            "timestamps may be wrong, so convert it"
        )

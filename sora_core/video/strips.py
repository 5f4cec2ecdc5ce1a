"""Strips: rows of frames that are worked on at a time, because each step of a formula holds a copy of what it works on.

A frame of 1080p takes 25 MB as floats, and a strip of it 3 MB.
"""

from __future__ import annotations

from collections.abc import Iterator

STRIP_PIXELS = 2**18  # of all frames


def strips(height: int, width: int, frames: int = 1) -> Iterator[slice]:
    """Yield the rows of each strip; their number is even but at the end, so that pixels of 4:2:0 stay together."""
    rows = 2 * max(1, STRIP_PIXELS // (2 * frames * width))
    return (slice(first, min(first + rows, height)) for first in range(0, height, rows))

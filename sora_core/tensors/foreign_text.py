"""Text from files of strangers in messages, bounded: the name of a tensor may have five million letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST_SHOWN = 80  # letters of one value
MOST_MESSAGE = 1500  # letters of a message; a path may have two thirds of them
MOST_LINES = 20  # of the same kind


def shown(value: Any, most: int = MOST_SHOWN) -> str:
    """Return a value as Python writes it, in ASCII, cut off where it is long.

    >>> shown("a" * 10, most=4)
    "'aaa..."
    """
    text = ascii(value)
    return text if len(text) <= most else f"{text[:most]}..."


def bounded(message: str, most: int = MOST_MESSAGE) -> str:
    """Return a message without its middle where it is too long to read: its end says what to do."""
    if len(message) <= most:
        return message
    return f"{message[: most * 2 // 3]} ... ({len(message):,} letters) ... {message[-most // 3 :]}"


def first_lines(lines: Sequence[str], most: int = MOST_LINES) -> list[str]:
    """Return the first lines, each bounded, and how many more there are."""
    if len(lines) <= most + 1:
        return [*map(bounded, lines)]
    return [*map(bounded, lines[:most]), f"and {len(lines) - most:,} more of them"]

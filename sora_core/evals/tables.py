"""Tables of measured numbers, as markdown."""

from __future__ import annotations

from collections.abc import Sequence

Row = dict[str, float | str]
"""Values by column."""


def print_table(rows: Sequence[Row]) -> None:
    """Print rows of the same columns as a markdown table."""
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(_told(value) for value in row.values()) + " |")


def _told(value: float | str) -> str:
    """Shares and decibels with three digits after the point, small errors with two that count."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.2g}" if 0 < abs(value) < 0.01 else f"{value:.3f}"

"""Poll: how long work asks its host whether to go on."""

from __future__ import annotations

from collections.abc import Callable

Poll = Callable[[], None]
"""Called at least once a second while something waits; it raises the host's own exception to interrupt."""


def never() -> None:
    """Poll that never interrupts."""

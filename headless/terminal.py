"""Terminal: progress bar, notices and times of a run on stderr; stdout has only result files."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from typing import TextIO

from ..sora_core.system.printable import printable
from ..sora_core.tensors.foreign_text import MOST_SHOWN, bounded
from .graph import GraphNode

BAR_WIDTH = 24


class Terminal:
    """Shows one line per node. The bar moves only on a real terminal, so that logs stay readable."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr or io.StringIO()  # a process may be started without stderr
        self._moves = self._stream.isatty()
        self._title = ""

    def node_started(self, node: GraphNode, title: str) -> None:
        """Show the node's title; show_progress adds the bar."""
        self._title = f"{bounded(node.id, MOST_SHOWN):>3} {title}"
        self._draw(self._title)

    def show_progress(self, done: int, total: int, text: str = "") -> None:
        """Move the running node's bar. text: comes after it."""
        filled = BAR_WIDTH * done // max(1, total)
        self._draw(f"{self._title:28} [{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {done}/{total}{text}")

    def node_finished(self, node: GraphNode, title: str, seconds: float) -> None:
        """Replace the bar by the node's time."""
        self._line(f"{self._title:28} {seconds:6.2f} s")
        self._title = ""

    def notify(self, text: str) -> None:
        """Print a notice on its own line."""
        self._line(f"    {bounded(text)}")
        self._draw(self._title)

    def print(self, text: str) -> None:
        """Print a text as one line."""
        self._line(bounded(" ".join(text.split())))

    def clear(self) -> None:
        """Remove an unfinished bar."""
        self._draw("")

    def _draw(self, text: str) -> None:
        if self._moves:
            self._write(f"\r\x1b[K{printable(text)}")

    def _line(self, text: str) -> None:
        self._draw("")
        self._write(printable(text) + "\n")

    def _write(self, text: str) -> None:
        """Write what a reader may have closed meanwhile: progress is not worth a video."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()

"""Standard streams that may be closed, full or gone: messages are lost then, results are not."""

from __future__ import annotations

import io
import os
import sys
from typing import Any


class _Forgiving(io.RawIOBase):
    """Writes to a file descriptor, and drops what it does not take."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return os.isatty(self.descriptor)

    def fileno(self) -> int:
        return self.descriptor

    def write(self, data: Any) -> int:
        try:
            return os.write(self.descriptor, data)
        except OSError:
            return len(data)


def make_streams_usable() -> None:
    """Let stderr drop what it cannot write, and give a closed stream a place that takes everything."""
    if sys.stdout is None:
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()
        return
    buffer, encoding = io.BufferedWriter(_Forgiving(2)), sys.stderr.encoding
    sys.stderr = io.TextIOWrapper(buffer, encoding, errors="backslashreplace", line_buffering=True)


def flush_stdout() -> None:
    """Write what is left. Raises OSError if nobody takes it; it is not tried again at the exit."""
    try:
        sys.stdout.flush()
    except OSError:
        give_up_stdout()
        raise


def give_up_stdout() -> None:
    """Send all that is still to come nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _nowhere() -> io.TextIOWrapper:
    return open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")

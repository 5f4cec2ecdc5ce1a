"""Keeps what a panic in a library's Rust code writes away from the standard error, where one line says it."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

STDERR = 2
PANIC = "PanicException"  # of pyo3, which has a class of this name for each library
_one_at_a_time = threading.RLock()


@contextmanager
def quiet_panics() -> Iterator[None]:
    """Hold back what is written to the standard error, and drop it if the block panics; what others wrote follows."""
    with _one_at_a_time, ExitStack() as stack:
        held = _redirected(stack)
        try:
            yield
        except BaseException as error:
            if held is not None and type(error).__name__ == PANIC:
                held.truncate(0)
            raise


def _redirected(stack: ExitStack) -> BinaryIO | None:
    """Redirect the standard error to a file until the stack unwinds, which then writes it; None without one."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
        held = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  (it is the stack that closes it)
        saved = os.dup(STDERR)
    except (OSError, ValueError):  # closed, or no folder for temporary files
        return None
    stack.callback(_write_again, held)
    stack.callback(os.close, saved)
    stack.callback(os.dup2, saved, STDERR)
    os.dup2(held.fileno(), STDERR)
    return held


def _write_again(held: BinaryIO) -> None:
    held.seek(0)
    text = held.read()
    while text:
        text = text[os.write(STDERR, text) :]

"""Signals that ask a program to end: SIGTERM and SIGHUP are answered as Ctrl-C is.

A signal that is ignored stays ignored: nohup ignores SIGHUP, and shells Ctrl-C in background jobs.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

BY_SIGNAL = 128  # shells add the signal's number to it for the exit code
INTERRUPTED = BY_SIGNAL + signal.SIGINT
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Ended(KeyboardInterrupt):
    """A signal asks the program to end. exit_code: what shells expect after it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = BY_SIGNAL + number


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """Return the exit code after an interrupt: 130 for Ctrl-C."""
    return interrupt.exit_code if isinstance(interrupt, Ended) else INTERRUPTED


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Raise Ended, a KeyboardInterrupt, in the block on SIGTERM and SIGHUP; Ctrl-C does so by itself."""

    def interrupt(number: int, frame: Any) -> None:
        raise Ended(number)

    with answered(interrupt, besides=signal.SIGINT):
        yield


@contextmanager
def signals_exit(message: str) -> Iterator[None]:
    """Print the message and exit at once on a signal: for imports, which may swallow an exception or crash on it."""

    def leave(number: int, frame: Any) -> None:
        os.write(2, f"{message}\n".encode())
        os._exit(BY_SIGNAL + number)

    with answered(leave):
        yield


@contextmanager
def answered(handler: Callable[[int, Any], None], *, besides: int | None = None) -> Iterator[None]:
    """Answer the signals that ask to end with a handler, in the main thread, where nobody ignores them.

    besides: a signal to leave as it is.
    """
    previous = {}
    if threading.current_thread() is threading.main_thread():
        previous = {number: signal.getsignal(number) for number in SIGNALS if number != besides}
    changed = {number: old for number, old in previous.items() if old not in (signal.SIG_IGN, None)}
    for number in changed:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in changed.items():
            signal.signal(number, old)

"""What the package's commands share: a user's error is one line and exit code 2, Ctrl-C is 130, never a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn

from ..system.memory import is_out_of_memory

ERROR, INTERRUPTED = 2, 130


class Parser(argparse.ArgumentParser):
    """argparse that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Print `error: ...` and exit."""
        self.exit(ERROR, f"error: {message} (see {self.prog} --help)\n")


def run_command(work: Callable[[], None], *, interrupted: Callable[[], str], needs_less: str) -> int:
    """Do the work; returns the exit code.

    interrupted: what to say after Ctrl-C. needs_less: what to do where memory does not suffice.
    """
    try:
        work()
    except KeyboardInterrupt:
        print(interrupted(), file=sys.stderr)
        return INTERRUPTED
    except (ValueError, OSError, FloatingPointError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not is_out_of_memory(error):
            raise  # a fault of ours, which needs its traceback
        print(f"error: {describe(error, needs_less)}", file=sys.stderr)
        return ERROR
    return 0


def describe(error: Exception, needs_less: str) -> str:
    """What went wrong in one line, with what to do about it where the library's message does not say."""
    if is_out_of_memory(error):
        return f"out of memory; {needs_less}"
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(text.split())

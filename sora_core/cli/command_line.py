"""Runs a command: errors of the user exit with one line and code 2, signals with 128 and their number."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from typing import NoReturn

from ..system.ending import exit_code, signals_exit
from ..system.memory import is_out_of_memory
from ..system.printable import printable
from ..tensors.foreign_text import bounded

ERROR = 2


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that reports errors in one line."""

    def error(self, message: str) -> NoReturn:
        """Print `error: ...` and exit."""
        self.exit(ERROR, f"error: {printable(message)} (see {self.prog} --help)\n")


def run_command(work: Callable[[], int | None], *, interrupted: Callable[[], str], needs_less: str) -> int:
    """Load torch, do the work and return the exit code: 0, or what the work returns.

    interrupted: the message after Ctrl-C. needs_less: advice for when memory runs out.
    """
    try:
        load_torch()
        return work() or 0
    except KeyboardInterrupt as interrupt:
        print(interrupted(), file=sys.stderr)
        return exit_code(interrupt)
    except (ValueError, OSError, FloatingPointError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not is_out_of_memory(error):
            raise  # a bug: show the traceback
        print(f"error: {printable(describe(error, needs_less))}", file=sys.stderr)
        return ERROR


def load_torch() -> None:
    """Import torch, which takes a second and does not bear an exception from a signal. Raises OSError if it fails."""
    with signals_exit("interrupted; nothing was written"):
        try:
            importlib.import_module("torch")
        except (ImportError, MemoryError) as error:
            raise OSError(f"cannot load torch: {error}") from error


def describe(error: Exception, needs_less: str) -> str:
    """An error in one line, with advice where its own message has none."""
    if is_out_of_memory(error):
        return f"out of memory; {needs_less}"
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return bounded(" ".join(text.split()))

"""Runs a command's `main` as a program: usable streams, signals as Ctrl-C, and results that were really written."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ..system.ending import exit_code, signals_interrupt
from ..system.memory import check_memory_limit, is_out_of_memory
from ..system.standard_streams import flush_stdout, give_up_stdout, make_streams_usable
from .command_line import ERROR


def run_program(main: Callable[[], int]) -> int:
    """Run `main` and return its exit code, or that of a signal or of a standard output that takes nothing."""
    make_streams_usable()
    try:
        check_memory_limit()
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return ERROR
    try:
        with signals_interrupt():
            code = main()
            flush_stdout()
            return code
    except KeyboardInterrupt as interrupt:
        print("interrupted", file=sys.stderr)
        return exit_code(interrupt)
    except (ImportError, MemoryError) as error:  # while modules are loaded; commands tell all others themselves
        if not is_out_of_memory(error):
            raise
        print("error: out of memory while the program was loaded; free some, or raise the limit", file=sys.stderr)
        return ERROR
    except OSError as error:  # of printing: commands tell all others themselves
        give_up_stdout()
        print(f"error: cannot write to the standard output: {error.strerror or error}", file=sys.stderr)
        return ERROR

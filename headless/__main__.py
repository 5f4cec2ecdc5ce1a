"""`python -m headless GRAPH.json [--set NODE.INPUT=VALUE ...] [--out DIR]` runs a graph."""

from __future__ import annotations

import sys

from .pack import import_from_pack

INTERRUPTED = "interrupted; nothing was left behind"


def program() -> int:
    """Run the command as a program of its own; returns its exit code."""
    try:
        run_program = import_from_pack("sora_core.cli.program").run_program
    except KeyboardInterrupt:  # before signals are answered
        print(INTERRUPTED, file=sys.stderr)
        return 130
    return int(run_program(_main))


def _main() -> int:
    with import_from_pack("sora_core.system.ending").signals_exit(INTERRUPTED):
        main = import_from_pack("headless.cli").main  # takes seconds, mostly for torch
    return int(main(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(program())

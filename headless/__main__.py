"""`python -m headless GRAPH.json [--set NODE.INPUT=VALUE ...] [--out DIR]` runs a graph."""

from __future__ import annotations

import os
import signal
import sys

from .pack import import_from_pack


def _stop(*_: object) -> None:
    """Exit at once. Nothing was made yet, and imports may print or swallow a KeyboardInterrupt."""
    os.write(2, b"interrupted; nothing was left behind\n")
    os._exit(130)


if __name__ == "__main__":
    previous = signal.getsignal(signal.SIGINT)
    if previous is signal.default_int_handler:  # otherwise Ctrl-C is ignored, as in a shell's background job
        signal.signal(signal.SIGINT, _stop)
    main = import_from_pack("headless.cli").main  # takes seconds, mostly for torch
    signal.signal(signal.SIGINT, previous)
    sys.exit(main(sys.argv[1:]))

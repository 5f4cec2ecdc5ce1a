"""`python -m headless GRAPH.json [--set NODE.INPUT=VALUE ...] [--out DIR]`: the command line, inside the pack."""

from __future__ import annotations

import os
import signal
import sys

from .pack import import_from_pack


def _stop(*_: object) -> None:
    """End at once: nothing was made yet, and imports print or swallow the exception that Ctrl-C would raise in them."""
    os.write(2, b"interrupted; nothing was left behind\n")
    os._exit(130)


if __name__ == "__main__":
    previous = signal.getsignal(signal.SIGINT)
    if previous is signal.default_int_handler:  # else Ctrl-C is not for us, as in a shell's background job
        signal.signal(signal.SIGINT, _stop)
    main = import_from_pack("headless.cli").main  # takes seconds, most of them torch's
    signal.signal(signal.SIGINT, previous)
    sys.exit(main(sys.argv[1:]))

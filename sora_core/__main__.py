"""The command line: `python -m sora_core generate PROMPT -o FILE`. A user's error is one line, never a traceback."""

from __future__ import annotations

import sys

from .cli.generate import main
from .cli.program import run_program

__all__ = ["main", "program"]


def program() -> int:
    """Run the command as a program of its own; returns its exit code."""
    return run_program(main)


if __name__ == "__main__":
    sys.exit(program())

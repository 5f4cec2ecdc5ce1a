"""The command line: `python -m sora_core generate PROMPT -o FILE`. A user's error is one line, never a traceback."""

from __future__ import annotations

import sys

from .cli.generate import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())

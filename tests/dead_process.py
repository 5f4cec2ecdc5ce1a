"""Names that a killed process has left."""

from __future__ import annotations

import os

from sora_core.system.leftovers import unfinished

NEVER = 2**22 + 1  # above the largest process number that Linux gives


def of_a_dead_process(name: str) -> str:
    """The unfinished name of a process that does not live."""
    return unfinished(name).replace(f"-{os.getpid()}-", f"-{NEVER}-")

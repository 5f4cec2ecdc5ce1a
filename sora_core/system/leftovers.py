"""Leftovers of killed runs: unfinished files and folders are named after their process, and the next run removes them.

A name has the machine and the process in it, so what another machine or a living process is writing stays.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

MARK = re.compile(r"\.(?P<machine>[0-9a-f]{6})-(?P<process>\d+)-[0-9a-f]{6}\.part$")


def unfinished(name: str) -> str:
    """Return a new name for what becomes `name` when it is finished; it begins with a dot, so that it is hidden."""
    return f".{name}.{_machine()}-{os.getpid()}-{uuid4().hex[:6]}.part"


@contextmanager
def unfinished_folder(parent: Path, name: str, *, permissions: int = 0o777) -> Iterator[Path]:
    """Make a hidden folder for the block, which goes with all that is in it, after leftovers beside it have gone.

    Raises OSError if it cannot be made.
    """
    remove_leftovers(parent)
    folder = parent / unfinished(name)
    folder.mkdir(permissions)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes of this machine have left unfinished in a folder."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        mark = MARK.search(name)
        if mark and name.startswith(".") and mark["machine"] == _machine() and not _lives(int(mark["process"])):
            _remove(folder / name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


def _lives(process: int) -> bool:
    """Whether a process of this number runs; True where that cannot be asked."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True

"""Atomic writing of files: a file gets its name only when it is complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .leftovers import remove_leftovers, unfinished

LONGEST_STEM = 32  # characters of the file's name in the temporary name, so that a long name does not get too long


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends and is deleted if it fails.

    It lies in a hidden folder beside `path`, with all that libraries write beside it. What killed processes have left
    in the same way is removed.

    Raises OSError if the folder is missing or not writable.
    """
    path = Path(path)
    remove_leftovers(path.parent)
    folder = path.with_name(unfinished(path.name[:LONGEST_STEM]))
    temporary = folder / "unfinished"
    try:
        folder.mkdir()
        temporary.touch()
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        mode = temporary.stat().st_mode  # follows the umask; safetensors makes files that only their owner can read
        yield temporary
        temporary.chmod(mode)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        try:
            os.replace(temporary, path)
        except OSError as error:
            raise cannot_write(path, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cannot_write(path: Path, error: Exception) -> OSError:
    """Make the OSError for a file that cannot be written, with the reason and what to check."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    message = f"cannot write {path}: {reason}; check that the folder exists, is writable and has space left"
    return OSError(error.errno, message) if isinstance(error, OSError) and error.errno else OSError(message)

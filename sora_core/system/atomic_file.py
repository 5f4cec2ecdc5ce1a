"""Atomic writing of files: a file gets its name only when it is complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

LONGEST_STEM = 32  # characters of the file's name in the temporary name, so that a long name does not get too long


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path` that becomes `path` when the block ends and is deleted if it fails.

    Raises OSError if the folder is missing or not writable.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name[:LONGEST_STEM]}.{uuid4().hex[:8]}.part")
    try:
        temporary.touch(exist_ok=False)
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
        temporary.unlink(missing_ok=True)


def cannot_write(path: Path, error: Exception) -> OSError:
    """Make the OSError for a file that cannot be written, with the reason and what to check."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    message = f"cannot write {path}: {reason}; check that the folder exists, is writable and has space left"
    return OSError(error.errno, message) if isinstance(error, OSError) and error.errno else OSError(message)

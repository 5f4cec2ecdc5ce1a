"""Files that appear under their name only when they are complete, however the writing ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

LONGEST_STEM = 32  # characters of the name that the temporary one keeps: never a longer name than the file's own


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A temporary path beside `path`: becomes `path` when the block ends, is deleted when it fails or is interrupted.

    OSError where the folder is missing or may not be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name[:LONGEST_STEM]}.{uuid4().hex[:8]}.part")
    try:
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        mode = temporary.stat().st_mode  # what the umask allows; safetensors would leave the file to its owner alone
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
    """The OSError for a file that cannot be written: why, and what to check."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    message = f"cannot write {path}: {reason}; check that the folder exists, may be written to and has space left"
    return OSError(error.errno, message) if isinstance(error, OSError) and error.errno else OSError(message)

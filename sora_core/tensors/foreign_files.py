"""Opens files of strangers and parses their JSON, bounded in time and memory.

A name may belong to a pipe that nobody writes to, and a few megabytes of JSON may ask for gigabytes of objects.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

MOST_JSON = 32_000_000  # bytes; the tokenizer of umT5 has 17 million
MOST_BRACKETS = 1_000_000  # objects and lists; that tokenizer has a quarter of them
MOST_COMMAS = 2_000_000


def open_file(path: Path) -> BinaryIO:
    """Open a regular file for reading; raises OSError for anything else, such as a pipe, without waiting for it."""
    # a pipe that nobody writes to would block; Windows opens as text unless told otherwise
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is a folder, a pipe or a device, expected a file", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_file(path: Path, *, most: int = MOST_JSON) -> bytes:
    """Read a regular file of at most so many bytes; raises OSError for a longer one and as open_file does."""
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, f"it has {size:,} bytes, expected at most {most:,}", str(path))
        return file.read(most)


def parse_json(text: str | bytes) -> Any:
    """Parse JSON as json.loads does; raises ValueError also where it is nested too deeply or has too many values."""
    comma, square, curly = (",", "[", "{") if isinstance(text, str) else (b",", b"[", b"{")
    brackets = text.count(square) + text.count(curly)  # type: ignore[arg-type]
    if len(text) > MOST_JSON or brackets > MOST_BRACKETS or text.count(comma) > MOST_COMMAS:  # type: ignore[arg-type]
        raise ValueError(f"too large to be meant: {len(text):,} characters of JSON with {brackets:,} objects and lists")
    try:
        return json.loads(text, parse_int=_whole_number)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None


def _whole_number(digits: str) -> int | float:
    """Read a whole number; one beyond the range of a float is infinite, as 1e400 is, so that no sum overflows."""
    number = float(digits)
    return int(digits) if math.isfinite(number) else number

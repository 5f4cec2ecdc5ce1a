"""Finds files that end early: a download or a recording that broke off, in formats that say how long they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from .opening import Source

EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"  # of Matroska and WebM
BOXES = {b"ftyp", b"moov", b"moof", b"mdat", b"free", b"skip", b"sidx", b"styp", b"mfra", b"uuid", b"wide", b"pdin"}
MAX_BOXES = 100_000


def missing_bytes(source: Source) -> int:
    """Return how many bytes of a Matroska, WebM or MP4 file are missing at its end; 0 where it does not say."""
    if isinstance(source, str | Path):
        with open(source, "rb") as file:
            return _missing(file)
    place = source.tell()
    try:
        return _missing(source)
    finally:
        source.seek(place)


def _missing(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    declared = _matroska(file) if file.read(4) == EBML else _boxes(file, size)
    return max(0, declared - size)


def _matroska(file: BinaryIO) -> int:
    """Where the segment ends, after the header whose name was read; 0 for one whose end is not known."""
    header = _length(file)
    if header is None:
        return 0
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != SEGMENT:
        return 0
    segment = _length(file)
    return 0 if segment is None else file.tell() + segment


def _length(file: BinaryIO) -> int | None:
    """Read a length of EBML; None if it is not known, which is all ones."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    value = int.from_bytes(first + file.read(more), "big") & ((1 << 7 * (more + 1)) - 1)
    return None if value == (1 << 7 * (more + 1)) - 1 else value


def _boxes(file: BinaryIO, size: int) -> int:
    """Where the last box of an MP4 or MOV ends; 0 for another file."""
    end = 0
    for _ in range(MAX_BOXES):
        file.seek(end)
        head = file.read(16)
        if head[4:8] not in BOXES:
            return end if end > size else 0
        length = int.from_bytes(head[:4], "big")
        length = int.from_bytes(head[8:16], "big") if length == 1 else length
        if length < 8:  # 0: up to the end of the file
            return 0
        end += length
    return 0

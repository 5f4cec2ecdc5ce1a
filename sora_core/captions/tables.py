"""Tables of captions in the forms of trainers: lines of JSON (musubi-tuner) and metadata.csv (DiffSynth-Studio)."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from ..system.atomic_file import atomic_path
from .files import PICTURES
from .folder import Captioned

JSONL, METADATA = "captions.jsonl", "metadata.csv"


def write_jsonl(path: Path, files: Sequence[Captioned]) -> None:
    """Write {"video_path": ..., "caption": ...} for each video, and "image_path" for each picture; paths are whole."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as out:
        for each in files:
            key = "image_path" if each.path.suffix.lower() in PICTURES else "video_path"
            out.write(json.dumps({key: str(each.path.absolute()), "caption": each.text}) + "\n")


def write_metadata(path: Path, files: Sequence[Captioned], folder: Path) -> None:
    """Write the columns video and prompt; paths begin in the folder, which is the trainer's base path."""
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as out,
    ):
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("video", "prompt"))
        rows.writerows((each.path.relative_to(folder).as_posix(), each.text) for each in files)

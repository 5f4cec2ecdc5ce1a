"""Videos and pictures of a few pixels, for folders that are captioned."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import torch
from PIL import Image

from sora_core.video.video_io import write_video


def add_video(path: Path, shade: int = 0, frames: int = 3, side: int = 16) -> Path:
    """Write a grey video."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = path.with_name("plain.mp4")  # FFmpeg is given no odd name
    write_video(plain, [torch.full((side, side, 3), shade, dtype=torch.uint8)] * frames, 8.0)
    plain.rename(path)
    return path


def add_picture(path: Path, shade: int = 0) -> Path:
    """Write a grey picture."""
    Image.new("RGB", (16, 16), (shade,) * 3).save(path)
    return path


def add_huge_picture(path: Path) -> Path:
    """Write a PNG that says it has more pixels than are ever read."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b"\0" * 64), b"IEND"]
    body = b"".join(struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path

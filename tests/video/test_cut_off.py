"""A file that ends before its own length is told of; whole files and streams without a length are not."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sora_core.video.cut_off import missing_bytes
from sora_core.video.video_io import read_frames

KINDS = {"mkv": ("libx264", {}), "webm": ("libvpx-vp9", {}), "mp4": ("libx264", {"movflags": "frag_keyframe"})}


def film(path: Path, codec: str, options: dict[str, str]) -> Path:
    """24 frames of noise, a key frame every 8."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w", options=options) as file:
        stream = file.add_stream(codec, rate=Fraction(12))
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 32, 32, "yuv420p", 8
        for _ in range(24):
            picture = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    return path


class Told:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, text: str) -> None:
        self.lines.append(text)

    def check(self) -> None:
        pass


@pytest.mark.parametrize("suffix", KINDS)
def test_a_file_that_was_cut_off_is_read_and_the_loss_is_told(tmp_path: Path, suffix: str) -> None:
    path = film(tmp_path / f"whole.{suffix}", *KINDS[suffix])
    data, told = path.read_bytes(), Told()
    assert len([*read_frames(path, watch=told)]) == 24
    assert told.lines == []
    path.write_bytes(data[: len(data) * 7 // 10])
    assert 8 <= len([*read_frames(path, watch=told)]) < 24
    assert any("is cut off" in line for line in told.lines)


@pytest.mark.parametrize("suffix", KINDS)
def test_the_missing_bytes_are_counted_in_files_and_streams(tmp_path: Path, suffix: str) -> None:
    path = film(tmp_path / f"whole.{suffix}", *KINDS[suffix])
    data = path.read_bytes()
    assert missing_bytes(path) == missing_bytes(io.BytesIO(data)) == 0
    cut = io.BytesIO(data[:-5])
    cut.seek(3)
    assert missing_bytes(cut) == 5
    assert cut.tell() == 3


@pytest.mark.parametrize("data", [b"", b"\x1a", b"\x1a\x45\xdf\xa3", b"\x1a\x45\xdf\xa3\x00", b"RIFF", b"\0" * 99])
def test_another_or_a_broken_file_misses_nothing(data: bytes) -> None:
    assert missing_bytes(io.BytesIO(data)) == 0


def test_a_live_recording_has_no_length() -> None:
    head = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01" + b"\xff" * 7
    assert missing_bytes(io.BytesIO(head)) == 0

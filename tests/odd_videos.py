"""Small video files that are not as `write_video` makes them: any times, pixel formats, sound alone, turned."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch

STEP = 20  # in brightness from frame to frame, so that compression cannot confuse two of them
CODECS = {"yuv420p": "libx264", "yuv420p10le": "libx264", "rgba": "png", "argb": "qtrle"}
UNSTAMPED = "h264"  # the format of bare H.264, which has no times


def write_at(
    path: Path,
    stamps: Iterable[int],
    *,
    declared: int = 30,
    tick: Fraction = Fraction(1, 1000),
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (32, 32),
) -> Path:
    """A file whose frame n is flat, of brightness STEP * (n + 1) (mod 256), and shown from stamps[n] ticks on.

    size: height and width. declared: the rate that the header says where the format has a place for it.
    """
    height, width = size
    with av.open(str(path), "w", format=UNSTAMPED if path.suffix == ".h264" else None) as container:
        stream = container.add_stream(CODECS[pix_fmt], rate=declared)
        stream.height, stream.width, stream.pix_fmt = height, width, pix_fmt
        stream.codec_context.time_base = tick
        for index, stamp in enumerate(stamps):
            level = np.full((height, width, 3), STEP * (index + 1) % 256, np.uint8)
            frame = av.VideoFrame.from_ndarray(level, format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = stamp, tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def shown(frames: Iterable[torch.Tensor]) -> list[int]:
    """Which frame of `write_at` each frame [H W 3], of bytes or in 0..1, is."""
    levels = [float(frame.float().mean()) * (1 if frame.dtype == torch.uint8 else 255) for frame in frames]
    return [round(level / STEP) - 1 for level in levels]


def write_sound(path: Path) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def turn(mp4: Path, turned: Path) -> Path:
    """A copy of an mp4 that is to be shown a quarter turn clockwise."""
    data = mp4.read_bytes()
    one, corner = 0x10000, 0x40000000
    straight = _matrix((one, 0, 0, 0, one, 0, 0, 0, corner))
    at = data.index(straight, data.index(b"tkhd"))
    turned.write_bytes(data[:at] + _matrix((0, one, 0, -one, 0, 0, 0, 0, corner)) + data[at + len(straight) :])
    return turned


def _matrix(values: Sequence[int]) -> bytes:
    return struct.pack(">9i", *values)


def with_container(mp4: Path, path: Path) -> Path:
    """The frames and the sound of an mp4 in another container, encoded as it needs them."""
    if path.suffix == ".mp4":
        return path.write_bytes(mp4.read_bytes()) and path
    video, audio = {".webm": ("libvpx-vp9", "libopus"), ".mkv": ("libx264", "flac")}[path.suffix]
    with av.open(str(mp4)) as given, av.open(str(path), "w") as made:
        frames = made.add_stream(video, rate=given.streams.video[0].average_rate)
        frames.width, frames.height = given.streams.video[0].width, given.streams.video[0].height
        frames.pix_fmt = "yuv420p"
        sound = made.add_stream(audio, rate=48000, layout="mono")
        resampler = av.AudioResampler(format=sound.format.name, layout="mono", rate=48000)
        for frame in given.decode(given.streams.video[0], given.streams.audio[0]):
            if isinstance(frame, av.VideoFrame):
                made.mux(frames.encode(frame))
            else:
                for part in resampler.resample(frame):
                    made.mux(sound.encode(part))
        for stream in (frames, sound):
            made.mux(stream.encode(None))
    return path

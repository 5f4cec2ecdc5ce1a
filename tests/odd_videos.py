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


class Told:
    """A watch of reading that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def check(self) -> None: ...

    def tell(self, text: str) -> None:
        self.said.append(text)


def write_at(
    path: Path,
    stamps: Iterable[int],
    *,
    declared: int = 30,
    tick: Fraction = Fraction(1, 1000),
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (32, 32),
    aspect: Fraction | None = None,
    fast_start: bool = False,
) -> Path:
    """A file whose frame n is flat, of brightness STEP * (n + 1) (mod 256), and shown from stamps[n] ticks on.

    size: height and width. declared: the rate that the header says where the format has a place for it. aspect: of a
    pixel. fast_start: whether an mp4 or mov has its index before its frames.
    """
    height, width = size
    options = {"movflags": "+faststart"} if fast_start else {}
    with av.open(str(path), "w", format=UNSTAMPED if path.suffix == ".h264" else None, options=options) as container:
        stream = container.add_stream(CODECS[pix_fmt], rate=declared)
        stream.height, stream.width, stream.pix_fmt = height, width, pix_fmt
        stream.codec_context.time_base = tick
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
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


def turn(mp4: Path, turned: Path, matrix: Sequence[int] = (0, 1, -1, 0)) -> Path:
    """A copy of an mp4 with another display matrix (a b c d): a quarter turn clockwise, or any other."""
    data = mp4.read_bytes()
    one, corner = 0x10000, 0x40000000
    straight = _matrix((one, 0, 0, 0, one, 0, 0, 0, corner))
    at = data.index(straight, data.index(b"tkhd"))
    a, b, c, d = (one * value for value in matrix)
    turned.write_bytes(data[:at] + _matrix((a, b, 0, c, d, 0, 0, 0, corner)) + data[at + len(straight) :])
    return turned


def write_coded(
    path: Path, colour: Sequence[float], *, matrix: int = 1, full: bool = False, pix_fmt: str = "yuv420p", **tags: int
) -> Path:
    """A lossless file of 3 flat frames of 64x48 whose Y'CbCr is of an RGB `colour` in 0..1 by the book.

    matrix: code of ITU-T H.273. tags: color_primaries and color_trc.
    """
    kr, kb = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}[matrix]
    red, green, blue = colour
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = [(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))]
    bits = 10 if "10" in pix_fmt else 8
    if full:
        top = (1 << bits) - 1
        values = [luma * top, *(each * top + (1 << (bits - 1)) for each in chroma)]
    else:
        values = [(luma * 219 + 16) * 2 ** (bits - 8), *((each * 224 + 128) * 2 ** (bits - 8) for each in chroma)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265" if bits == 10 else "libx264", rate=25)
        stream.options = {"x265-params": "lossless=1:log-level=none"} if bits == 10 else {"qp": "0"}
        stream.height, stream.width, stream.pix_fmt = 48, 64, pix_fmt
        context = stream.codec_context
        context.colorspace, context.color_range = matrix, 2 if full else 1
        for name, value in tags.items():
            setattr(context, name, value)
        for index in range(3):
            frame = av.VideoFrame(64, 48, pix_fmt)
            frame.pts, frame.colorspace, frame.color_range = index, matrix, 2 if full else 1
            for plane, value in zip(frame.planes, values, strict=True):
                kind = np.uint16 if bits == 10 else np.uint8
                size = plane.buffer_size // np.dtype(kind).itemsize
                plane.update(np.full(size, round(value), kind).tobytes())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def damage(video: Path, damaged: Path, packets: Iterable[int]) -> Path:
    """A copy of a file in which some packets, counted in the order of the file, are full of ones."""
    data = bytearray(video.read_bytes())
    with av.open(str(video)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    for index in packets:
        start, size = places[index]
        data[start : start + size] = b"\xff" * size
    damaged.write_bytes(data)
    return damaged


def write_sizes(path: Path, sizes: Sequence[tuple[int, int]], frames: int = 4) -> Path:
    """A mov of PNG pictures whose frames change their size (height, width), `frames` of each."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.height, stream.width = sizes[0]
        stream.pix_fmt = "rgb24"
        container.start_encoding()
        for stamp, (height, width) in enumerate(size for size in sizes for _ in range(frames)):
            encoder = av.CodecContext.create("png", "w")
            encoder.height, encoder.width, encoder.pix_fmt, encoder.time_base = height, width, "rgb24", Fraction(1, 10)
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 99, np.uint8), format="rgb24")
            frame.pts = stamp
            for packet in [*encoder.encode(frame), *encoder.encode(None)]:
                packet.pts = packet.dts = stamp
                packet.time_base, packet.stream = Fraction(1, 10), stream
                container.mux(packet)
    return path


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

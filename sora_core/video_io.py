"""Video files in and out with PyAV, frame by frame: memory does not grow with the length of a clip.

A frame is a uint8 RGB tensor [H W 3]. A file appears under its name only when it is complete.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import av
import torch
from av.container import InputContainer, OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

log = logging.getLogger(__name__)

MIN_FPS, MAX_FPS = 0.01, 1000
BT709 = 1  # of ITU-T H.273, for primaries, transfer and matrix; PyAV 16 has no name for the first two
TEXT_DEMUXERS = {"tty", "bin", "xbin", "idf", "adf"}  # these would show any text file as a film of its letters


class VideoInfo(NamedTuple):
    """What a file says about its first video stream; size as shown, that is after rotation."""

    height: int
    width: int
    fps: float
    frames: int | None  # None where the container does not tell


def probe(path: str | Path) -> VideoInfo:
    """Size and rate of a video file. Raises FileNotFoundError, and ValueError for what is not a video."""
    with _reading(path) as (container, stream):
        first = next(_decode(container, stream), None)
        if first is None or not stream.average_rate:
            raise ValueError("it has no frames")
        height, width, _ = first.shape
        return VideoInfo(height, width, float(stream.average_rate), stream.frames or None)


def read_frames(path: str | Path) -> Iterator[torch.Tensor]:
    """Yield each frame as uint8 [H W 3], upright. Raises as probe does, when the first frame is asked for."""
    with _reading(path) as (container, stream):
        stream.thread_type = "AUTO"
        yield from _decode(container, stream)


def read_float_frames(path: str | Path) -> Iterator[torch.Tensor]:
    """Yield each frame as float32 [H W 3] in 0..1, upright: deeper than 8 bits where the file is. Raises as probe does.

    Colours come out as ComfyUI reads them, whose conversion spreads 4:2:0 colour otherwise than that to bytes.
    """
    with _reading(path) as (container, stream):
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            pixels = torch.from_numpy(frame.to_ndarray(format="gbrpf32le"))
            yield pixels.clamp(0, 1).rot90(round(frame.rotation / 90)).contiguous()


def write_video(path: str | Path, frames: Iterable[torch.Tensor], fps: float, *, crf: int = 18) -> int:
    """Encode frames, uint8 [H W 3] of one size, to an H.264 mp4 that browsers play; returns how many there were.

    frames may be an iterator: one frame at a time is held. 4:2:0 colour needs an even size, so an odd one grows by
    a copy of its last row or column. crf: constant quality, 0 (lossless) to 51.

    If anything goes wrong, in `frames` too, no file is left behind and an older one of that name stays. Raises
    OSError as check_target does and for a full disk, ValueError for a wrong rate, quality, frame, or no frames at all.
    """
    target = check_target(path)
    rate = _rate(fps)
    if not 0 <= crf <= 51:
        raise ValueError(f"crf must be within 0..51, got {crf}")
    partial = target.with_name(f".{target.stem[:32]}.{uuid4().hex[:8]}.part")  # never a longer name
    try:
        with av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            count = _encode(container, iter(frames), rate, crf)
        os.replace(partial, target)
    except av.FFmpegError as error:
        raise OSError(error.errno, f"cannot write {target}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def check_target(path: str | Path) -> Path:
    """The path, if a video can be written there; ask before a long computation.

    Raises ValueError for another suffix than .mp4 or a zero byte, FileNotFoundError, NotADirectoryError,
    IsADirectoryError or PermissionError with a message that says what is in the way.
    """
    target = Path(path)
    if target.suffix.lower() != ".mp4":
        raise ValueError(f"videos are written as .mp4, got {str(path)!r}")
    if "\0" in str(path):  # the video library would cut the name there, and write a file of that name
        raise ValueError(f"no file can have a zero byte in its name, got {str(path)!r}")
    parent = target.parent
    if not parent.exists():
        raise FileNotFoundError(f"the directory {parent} does not exist")
    if not parent.is_dir():
        raise NotADirectoryError(f"{parent} is not a directory")
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a directory; give the name of a file")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(f"no permission to write in the directory {parent}")
    return target


def check_fps(fps: float) -> None:
    """ValueError unless a file can have this many frames per second."""
    if not MIN_FPS <= fps <= MAX_FPS:  # false for a NaN as well
        raise ValueError(f"fps must be within {MIN_FPS}..{MAX_FPS}, got {fps}")


def _rate(fps: float) -> Fraction:
    check_fps(fps)
    return Fraction(fps).limit_denominator(1001)


def _encode(container: OutputContainer, frames: Iterator[torch.Tensor], rate: Fraction, crf: int) -> int:
    first = next(frames, None)
    if first is None:
        raise ValueError("there are no frames to write")
    shape = _checked(first, first.shape).shape
    height, width, _ = shape
    stream = container.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"})
    stream.height, stream.width = height + height % 2, width + width % 2
    if height % 2 or width % 2:
        log.info("%dx%d pixels grow to %dx%d: H.264 needs an even size", width, height, stream.width, stream.height)
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries = context.color_trc = BT709
    count = 0
    for frame in chain((first,), frames):
        count += 1
        picture = av.VideoFrame.from_ndarray(_even(_checked(frame, shape)).numpy(), format="rgb24")
        yuv = picture.reformat(
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_colorspace=Colorspace.ITU709,
        )
        container.mux(stream.encode(yuv))
    container.mux(stream.encode(None))
    return count


def _checked(frame: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape or frame.dtype != torch.uint8:
        raise ValueError(f"a frame must be uint8 [H W 3], got {frame.dtype} {list(frame.shape)}")
    if frame.shape != shape:
        raise ValueError(f"all frames must have one size, got {list(frame.shape)} after {list(shape)}")
    return frame.detach().cpu()


def _even(frame: torch.Tensor) -> torch.Tensor:
    """[H W 3] with the last row and column repeated where H or W is odd."""
    height, width, _ = frame.shape
    if height % 2:
        frame = torch.cat([frame, frame[-1:]], dim=0)
    if width % 2:
        frame = torch.cat([frame, frame[:, -1:]], dim=1)
    return frame.contiguous()


@contextmanager
def _reading(path: str | Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file at its first video stream, and turn what PyAV raises into one kind of message."""
    source = Path(path)
    if not source.exists():
        raise FileNotFoundError(f"there is no file {source}")
    try:
        with av.open(str(source)) as container:
            if not container.streams.video or container.format.name in TEXT_DEMUXERS:
                raise ValueError("it has no video stream")
            yield container, container.streams.video[0]
    except PermissionError:
        raise
    except (av.FFmpegError, ValueError) as error:
        reason = error.strerror if isinstance(error, av.FFmpegError) else error
        raise ValueError(f"{source} is not a video that can be read: {reason}") from error


def _decode(container: InputContainer, stream: VideoStream) -> Iterator[torch.Tensor]:
    for frame in container.decode(stream):
        matrix = Colorspace.ITU709 if frame.colorspace == BT709 else None  # PyAV 16 takes all for BT.601
        picture = frame.reformat(format="rgb24", src_colorspace=matrix, dst_color_range=ColorRange.JPEG)
        pixels = torch.from_numpy(picture.to_ndarray())  # [H W 3]
        yield pixels.rot90(round(frame.rotation / 90)).contiguous()

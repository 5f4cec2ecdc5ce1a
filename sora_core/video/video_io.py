"""Reads and writes video files with PyAV, frame by frame, in memory that does not grow with duration.

A frame is a uint8 RGB tensor [H W 3]. A file with a variable frame rate is read at a constant one (timing.py). A file
is written atomically.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import BinaryIO, NamedTuple

import av
import torch
from av.container import InputContainer, OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from ..system.atomic_file import atomic_path
from .sound import Sound
from .sound_track import SoundTrack
from .timing import Timing, timing_of

log = logging.getLogger(__name__)

MIN_FPS, MAX_FPS = 0.01, 1000
BT709 = 1  # ITU-T H.273 code for primaries, transfer and matrix; PyAV 16 has no name for the first two
FRAME_A_PACKET = {"h264", "hevc", "vp9", "av1", "libdav1d", "mjpeg", "png", "prores", "ffv1", "rawvideo", "gif"}
TEXT_DEMUXERS = {"tty", "bin", "xbin", "idf", "adf"}  # these would read any text file as a video of its letters


class VideoInfo(NamedTuple):
    """Size, rate and length of a file's first video stream; the size is that after rotation."""

    height: int
    width: int
    fps: float  # rate of the frames from read_frames
    frames: int | None  # None if the container does not say


def probe(path: str | Path) -> VideoInfo:
    """Read size, rate and length of a video file. Raises FileNotFoundError, and ValueError if it is not a video."""
    timing = timing_in(path)
    with _reading(path) as (container, stream):
        first = next(container.decode(stream), None)
        if first is None:
            raise ValueError("it has no frames")
        if timing.fps is None:
            raise ValueError("it has no frame rate")
        height, width, _ = _bytes(first).shape
        return VideoInfo(height, width, timing.fps, timing.frames or stream.frames or None)


def timing_in(source: str | Path | BinaryIO, start: float = 0.0, duration: float = 0.0) -> Timing:
    """Read the frame timing of a video.

    start, duration: the part to read, in seconds; duration 0 reads to the end.

    Reads packets without decoding, and decodes only if the rate varies. Raises as probe does.
    """
    timing = _timing(source, start, duration, _packets)
    return timing if timing.repeats is None else _timing(source, start, duration, _decoded)


def read_frames(path: str | Path) -> Iterator[torch.Tensor]:
    """Yield the frames as uint8 [H W 3], rotated upright, at probe's fps; a repeated frame is the same tensor.

    Raises as probe does, on the first frame.
    """
    return _read(path, _bytes)


def read_float_frames(path: str | Path) -> Iterator[torch.Tensor]:
    """Yield the frames as float32 [H W 3] in 0..1, with more than 8 bits if the file has them; see read_frames.

    Colours equal ComfyUI's, whose conversion upsamples 4:2:0 chroma differently from that to uint8.
    """
    return _read(path, _floats)


def decoded_from(
    source: str | Path | BinaryIO, tick: int | None = None
) -> Iterator[tuple[int | None, Callable[[], torch.Tensor]]]:
    """Yield the first tick of each frame of the file, and what converts it as read_float_frames does.

    tick: begin at a key frame before it, as the container finds it; None at the beginning. Raises as probe does.
    """
    with _reading(source) as (container, stream):
        stream.thread_type = "AUTO"
        if tick is not None:
            container.seek(tick, stream=stream)
        for frame in container.decode(stream):
            yield frame.pts, partial(_floats, frame)


def ticks_in(
    source: str | Path | BinaryIO, start: float = 0.0, duration: float = 0.0
) -> tuple[list[int | None], Fraction]:
    """Return the first tick of each frame of a part, as timing_in reads it, in order, and the seconds of a tick.

    Ticks are those of the packets where each is one frame in this codec, else those of the decoded frames.
    """
    with _reading(source) as (container, stream):
        tick = stream.time_base or Fraction(1)
        shown_in = _packets if stream.codec_context.name in FRAME_A_PACKET else _decoded
        first = int(start / tick) if start else -math.inf
        end = int((start + duration) / tick) if duration else math.inf
        found = [stamp for stamp, _ in shown_in(container, stream)]
    known = sorted(stamp for stamp in found if stamp is not None and first <= stamp < end)
    return (found if None in found else [*known]), tick


def write_video(
    path: str | Path, frames: Iterable[torch.Tensor], fps: float, *, crf: int = 18, sound: Sound | None = None
) -> int:
    """Encode frames to an H.264 mp4 that browsers play; returns the number of frames.

    frames: uint8 [H W 3] of one size; an iterator is read one frame at a time. 4:2:0 colour needs an even size, so an
        odd one grows by a copy of its last row or column.
    crf: constant quality, 0 (lossless) to 51.
    sound: the file's sound, of one to six channels, cut where the frames end; None writes none.

    If anything fails, in `frames` too, no partial file remains and an older file is kept. Raises OSError as
    check_target does and for a full disk, and ValueError for an invalid fps, crf or frame, or no frames.
    """
    target = check_target(path)
    rate = _rate(fps)
    if not 0 <= crf <= 51:
        raise ValueError(f"crf must be within 0..51, got {crf}")
    try:
        with (
            atomic_path(target) as partial,
            av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as container,
        ):
            return _encode(container, iter(frames), rate, crf, sound)
    except av.FFmpegError as error:
        raise OSError(error.errno, f"cannot write {target}: {error.strerror}") from error


def check_target(path: str | Path) -> Path:
    """Return the path if a video can be written there; call it before a long computation.

    Raises ValueError for a suffix other than .mp4 or a zero byte, and FileNotFoundError, NotADirectoryError,
    IsADirectoryError or PermissionError with the reason.
    """
    target = Path(path)
    if target.suffix.lower() != ".mp4":
        raise ValueError(f"videos are written as .mp4, got {str(path)!r}")
    if "\0" in str(path):  # FFmpeg would truncate the name there
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
    """Raise ValueError unless a file can have this many frames per second."""
    if not MIN_FPS <= fps <= MAX_FPS:  # also true for NaN
        raise ValueError(f"fps must be within {MIN_FPS}..{MAX_FPS}, got {fps}")


def _rate(fps: float) -> Fraction:
    check_fps(fps)
    return Fraction(fps).limit_denominator(1001)


def _encode(
    container: OutputContainer, frames: Iterator[torch.Tensor], rate: Fraction, crf: int, sound: Sound | None
) -> int:
    first = next(frames, None)
    if first is None:
        raise ValueError("there are no frames to write")
    shape = _checked(first, first.shape).shape
    height, width, _ = shape
    stream = container.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"})
    stream.height, stream.width = height + height % 2, width + width % 2
    if height % 2 or width % 2:
        log.info(
            "%dx%d pixels are padded to %dx%d: H.264 needs an even size", width, height, stream.width, stream.height
        )
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries = context.color_trc = BT709
    track, count = None if sound is None else SoundTrack(container, sound), 0
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
        if track is not None:
            track.write_until(float(count / rate))
    container.mux(stream.encode(None))
    if track is not None:
        track.finish()
    return count


def _checked(frame: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape or frame.dtype != torch.uint8:
        raise ValueError(f"a frame must be uint8 [H W 3], got {frame.dtype} {list(frame.shape)}")
    if frame.shape != shape:
        raise ValueError(f"all frames must have one size, got {list(frame.shape)} after {list(shape)}")
    return frame.detach().cpu()


def _even(frame: torch.Tensor) -> torch.Tensor:
    """Pad a frame [H W 3] to even H and W by repeating its last row and column."""
    height, width, _ = frame.shape
    if height % 2:
        frame = torch.cat([frame, frame[-1:]], dim=0)
    if width % 2:
        frame = torch.cat([frame, frame[:, -1:]], dim=1)
    return frame.contiguous()


@contextmanager
def _reading(source: str | Path | BinaryIO) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file at its first video stream, and convert PyAV's errors to ValueError."""
    name = str(source) if isinstance(source, str | Path) else "the stream"
    if isinstance(source, str | Path):
        if not Path(source).exists():
            raise FileNotFoundError(f"there is no file {name}")
    else:
        source.seek(0)
    try:
        with av.open(name if isinstance(source, str | Path) else source) as container:
            if not container.streams.video or container.format.name in TEXT_DEMUXERS:
                raise ValueError("it has no video stream")
            yield container, container.streams.video[0]
    except PermissionError:
        raise
    except (av.FFmpegError, ValueError) as error:
        reason = error.strerror if isinstance(error, av.FFmpegError) else error
        raise ValueError(f"{name} is not a video that can be read: {reason}") from error


def _read(path: str | Path, convert: Callable[[av.VideoFrame], torch.Tensor]) -> Iterator[torch.Tensor]:
    repeats = timing_in(path).repeats
    with _reading(path) as (container, stream):
        stream.thread_type = "AUTO"
        for index, frame in enumerate(container.decode(stream)):
            times = 1 if repeats is None else repeats[index]
            if times:
                yield from repeat(convert(frame), times)


Shown = tuple[int | None, int]
"""First tick of a frame, and its duration in ticks (0: unknown)."""


def _timing(
    source: str | Path | BinaryIO,
    start: float,
    duration: float,
    shown_in: Callable[[InputContainer, VideoStream], Iterator[Shown]],
) -> Timing:
    with _reading(source) as (container, stream):
        tick = stream.time_base
        declared = stream.average_rate or stream.guessed_rate
        if tick is None:
            raise ValueError("it has no time base")
        first = int(start / tick) if start else -math.inf  # rounded as in ComfyUI
        end = int((start + duration) / tick) if duration else math.inf
        shown = [each for each in shown_in(container, stream) if each[0] is None or first <= each[0] < end]
    last = max(((stamp, ticks) for stamp, ticks in shown if stamp is not None), default=(0, 0))[1]
    rate = float(declared) if declared else None
    return timing_of([stamp for stamp, _ in shown], float(tick), rate, 0 if duration else last)


def _packets(container: InputContainer, stream: VideoStream) -> Iterator[Shown]:
    for packet in container.demux(stream):
        if packet.size and not packet.is_discard:
            yield packet.pts, packet.duration or 0


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[Shown]:
    stream.thread_type = "AUTO"
    for frame in container.decode(stream):
        yield frame.pts, frame.duration or 0


def _bytes(frame: av.VideoFrame) -> torch.Tensor:
    matrix = Colorspace.ITU709 if frame.colorspace == BT709 else None  # PyAV 16 assumes BT.601 for all
    picture = frame.reformat(format="rgb24", src_colorspace=matrix, dst_color_range=ColorRange.JPEG)
    return _upright(torch.from_numpy(picture.to_ndarray()), frame)


def _floats(frame: av.VideoFrame) -> torch.Tensor:
    return _upright(torch.from_numpy(frame.to_ndarray(format="gbrpf32le")).clamp(0, 1), frame)


def _upright(pixels: torch.Tensor, frame: av.VideoFrame) -> torch.Tensor:
    return pixels.rot90(round(frame.rotation / 90)).contiguous()  # [H W 3]

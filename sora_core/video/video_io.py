"""Reads and writes video files with PyAV, frame by frame, in memory that does not grow with duration.

A frame is a uint8 RGB tensor [H W 3]. A file with a variable frame rate is read at a constant one (timing.py). A file
is written atomically.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import torch
from av.container import InputContainer
from av.video.stream import VideoStream

from ..system.printable import has_control
from .cut_off import missing_bytes
from .decoding import decoded, packets
from .file_reader import FileFrame, Size, read_file
from .file_writer import LOSSLESS, h264, write_file
from .joining_sound import AnySound
from .opening import Source, name_of, opened_video
from .restarts import Restarts
from .timing import Timing, timing_of
from .watching import LOG, Unheard, Watch

MIN_FPS, MAX_FPS = 0.01, 1000
CUT_OFF = 2  # frames that may be missing at the end of a file before it counts as cut off; some headers round
FRAME_A_PACKET = {"h264", "hevc", "vp9", "av1", "libdav1d", "mjpeg", "png", "prores", "ffv1", "rawvideo", "gif"}


class VideoInfo(NamedTuple):
    """Size, rate and length of a file's first video stream; the size is that after rotation."""

    height: int
    width: int
    fps: float  # rate of the frames from read_frames
    frames: int | None  # None if the container does not say


def probe(path: str | Path) -> VideoInfo:
    """Read size, rate and length of a video file. Raises FileNotFoundError, and ValueError if it is not a video."""
    quiet = Unheard(LOG)
    timing = timing_in(path, watch=quiet)
    first = next(read_file(path, watch=quiet))
    if timing.fps is None:
        raise ValueError(f"{path} is not a video that can be read: it has no frame rate")
    with opened_video(path) as (container, stream):
        counted = stream.frames and min(stream.frames, len([*_packets(container, stream, quiet)]))  # it may be cut off
        return VideoInfo(*first.size, timing.fps, timing.frames or counted or None)


def timing_in(source: Source, start: float = 0.0, duration: float = 0.0, *, watch: Watch = LOG) -> Timing:
    """Read the frame timing of a video.

    start, duration: the part to read, in seconds; duration 0 reads to the end.

    Reads packets without decoding, and decodes only if the rate varies. Raises as probe does.
    """
    timing = _timing(source, start, duration, _packets, watch)
    return timing if timing.repeats is None else _timing(source, start, duration, _decoded, watch)


def read_frames(path: str | Path, *, watch: Watch = LOG) -> Iterator[torch.Tensor]:
    """Yield the frames as uint8 [H W 3], as file_reader has them, at probe's fps; a repeated one is the same tensor.

    watch: is told what is damaged or converted. Raises as probe does, on the first frame.
    """
    for frame, times in _read(path, watch):
        yield from repeat(frame.bytes(), times)


def read_float_frames(path: str | Path, *, watch: Watch = LOG) -> Iterator[torch.Tensor]:
    """Yield the frames as float32 [H W 3] in 0..1, with more than 8 bits if the file has them; see read_frames."""
    for frame, times in _read(path, watch):
        yield from repeat(frame.floats(), times)


def decoded_from(
    source: Source, tick: int | None = None, *, size: Size | None = None, watch: Watch = LOG
) -> Iterator[tuple[int | None, Callable[[], torch.Tensor]]]:
    """Yield the first tick of each frame of the file, and what makes its pixels as read_float_frames does.

    See file_reader.read_file, whose arguments these are.
    """
    for frame in read_file(source, tick=tick, size=size, watch=watch):
        yield frame.tick, frame.floats


def ticks_in(
    source: Source, start: float = 0.0, duration: float = 0.0, *, watch: Watch = LOG
) -> tuple[list[int | None], Fraction]:
    """Return the first tick of each frame of a part, as timing_in reads it, in order, and the seconds of a tick.

    Ticks are those of the packets where each is one frame in this codec, else those of the decoded frames.
    """
    with opened_video(source) as (container, stream):
        tick = stream.time_base or Fraction(1)
        shown_in = _packets if stream.codec_context.name in FRAME_A_PACKET else _decoded
        first = int(start / tick) if start else -math.inf
        end = int((start + duration) / tick) if duration else math.inf
        found = [stamp for stamp, _ in shown_in(container, stream, Unheard(watch))]
    known = sorted(stamp for stamp in found if stamp is not None and first <= stamp < end)
    return (found if None in found else [*known]), tick


def write_video(
    path: str | Path, frames: Iterable[torch.Tensor], fps: float, *, crf: int = 18, sound: AnySound | None = None
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
    return write_file(target, frames, rate, h264(crf), sound)


def write_lossless(path: Path, frames: Iterable[torch.Tensor], fps: float, *, sound: AnySound | None = None) -> int:
    """Write frames and sound to a .mov from which they come back to the bit, for later nodes; see write_video."""
    return write_file(path, frames, _rate(fps), LOSSLESS, sound)


def check_target(path: str | Path) -> Path:
    """Return the path if a video can be written there; call it before a long computation.

    Raises ValueError for a suffix other than .mp4 or a control character, and FileNotFoundError, NotADirectoryError,
    IsADirectoryError or PermissionError with the reason.
    """
    target = Path(path)
    if target.suffix.lower() != ".mp4":
        raise ValueError(f"videos are written as .mp4, got {str(path)!r}")
    if has_control(str(path)):  # FFmpeg would truncate the name at a zero byte, and others drive a terminal
        raise ValueError(f"no file can have a control character in its name (such as a zero byte), got {str(path)!r}")
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


def _read(path: str | Path, watch: Watch) -> Iterator[tuple[FileFrame, int]]:
    """Yield each frame, and how often it is shown at the constant rate."""
    repeats = timing_in(path, watch=watch).repeats
    for index, frame in enumerate(read_file(path, watch=watch)):
        times = 1 if repeats is None else repeats[min(index, len(repeats) - 1)]
        if times:
            yield frame, times


FirstTick = tuple[int | None, int]
"""First tick of a frame, and its duration in ticks (0: unknown)."""


def _timing(
    source: Source,
    start: float,
    duration: float,
    shown_in: Callable[[InputContainer, VideoStream, Watch], Iterator[FirstTick]],
    watch: Watch,
) -> Timing:
    with opened_video(source) as (container, stream):
        tick = stream.time_base
        declared = stream.average_rate or stream.guessed_rate
        if tick is None:
            raise ValueError("it has no time base")
        first = int(start / tick) if start else -math.inf  # rounded as in ComfyUI
        end = int((start + duration) / tick) if duration else math.inf
        shown = [each for each in shown_in(container, stream, watch) if each[0] is None or first <= each[0] < end]
        if shown_in is _packets and len(shown) >= stream.frames and (missing := missing_bytes(source)):
            watch.tell(f"{name_of(source)} is cut off: the last {missing:,} of its bytes are missing")
    last = max(((stamp, ticks) for stamp, ticks in shown if stamp is not None), default=(0, 0))[1]
    rate = float(declared) if declared else None
    return timing_of([stamp for stamp, _ in shown], float(tick), rate, 0 if duration else last)


def _packets(container: InputContainer, stream: VideoStream, watch: Watch) -> Iterator[FirstTick]:
    count, broken, restarts = 0, False, Restarts(container)
    for packet in packets(container, stream, watch, restarts):
        if packet is not None:
            count, broken = count + 1, packet.is_corrupt
            if not packet.is_discard:
                yield packet.pts, packet.duration or 0
    missing, name = stream.frames - count, container.name.removeprefix("file:")
    if restarts.shifts:
        parts = len(restarts.shifts) + 1
        watch.tell(f"{name} has timestamps that start anew: its {parts} parts are shown one after another")
    if missing > CUT_OFF or (missing > 0 and broken):
        watch.tell(f"{name} is cut off: the last {missing} of its {stream.frames} frames are missing")


def _decoded(container: InputContainer, stream: VideoStream, watch: Watch) -> Iterator[FirstTick]:
    for shown in decoded(container, stream, "it", Unheard(watch)):  # what is damaged is told when the frames are read
        yield shown.tick, shown.frame.duration or 0

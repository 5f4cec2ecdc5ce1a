"""Writes frames and sound into a file of one coding: H.264 for players, or lossless RGB for later nodes.

A file is written atomically, frame by frame. A lossless one gives back every frame to the bit, and its sound.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import torch
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from ..system.atomic_file import atomic_path
from .coding import rgb_of, yuv420_of
from .geometry import even
from .joining_sound import AnySound
from .sound_track import AAC, PCM, SoundCoding, SoundTrack

log = logging.getLogger(__name__)

BT709 = 1  # ITU-T H.273 code for primaries, transfer and matrix; PyAV 16 has no name for the first two


@dataclass(frozen=True)
class Coding:
    """How a file holds frames. form: FFmpeg's name of the container. frame: makes the encoder's frame of uint8 RGB."""

    form: str
    codec: str
    options: Mapping[str, str]
    pixels: str
    frame: Callable[[torch.Tensor], av.VideoFrame]
    matrix: Colorspace | None
    sound: SoundCoding


def h264(crf: int) -> Coding:
    """H.264 in 4:2:0 for every player. With mbtree the same frames would give different files.

    Chroma is coded more finely than x264 does by itself: else colours move each time a file is written and read again.
    """
    steady = "trellis=2:chroma-qp-offset=-12:bframes=0"  # docs/experiments/recoding.md
    options = {"crf": str(crf), "preset": "veryfast", "mbtree": "0", "x264-params": steady}
    return Coding("mp4", "libx264", options, "yuv420p", lambda frame: yuv420_of(even(frame)), Colorspace.ITU709, AAC)


LOSSLESS = Coding("mov", "libx264rgb", {"qp": "0", "preset": "ultrafast", "g": "8"}, "rgb24", rgb_of, None, PCM)


def write_file(
    target: Path, frames: Iterable[torch.Tensor], rate: Fraction, coding: Coding, sound: AnySound | None
) -> int:
    """Encode frames, uint8 [H W 3], and their sound; returns the number of frames. Raises as video_io.write_video."""
    try:
        with (
            atomic_path(target) as partial,
            av.open(f"file:{partial}", "w", format=coding.form, options={"movflags": "+faststart"}) as container,
        ):
            return _encode(container, iter(frames), rate, coding, sound)
    except av.FFmpegError as error:
        raise OSError(error.errno, f"cannot write {target}: {error.strerror}") from error


def _encode(
    container: OutputContainer, frames: Iterator[torch.Tensor], rate: Fraction, coding: Coding, sound: AnySound | None
) -> int:
    first = next(frames, None)
    if first is None:
        raise ValueError("there are no frames to write")
    first = _checked(first, first.shape)
    shape = first.shape
    stream = _stream(container, coding.frame(_checked(first, shape)), rate, coding)
    if (stream.height, stream.width) != shape[:2]:
        log.info(
            "%dx%d pixels are padded to %dx%d: H.264 needs an even size", *shape[1::-1], stream.width, stream.height
        )
    track, count = None if sound is None else SoundTrack(container, sound, coding.sound), 0
    for frame in chain((first,), frames):
        count += 1
        container.mux(stream.encode(coding.frame(_checked(frame, shape))))
        if track is not None:
            track.write_until(float(count / rate))
    container.mux(stream.encode(None))
    if track is not None:
        track.finish()
    return count


def _stream(container: OutputContainer, first: av.VideoFrame, rate: Fraction, coding: Coding) -> VideoStream:
    stream = container.add_stream(coding.codec, rate=rate, options=dict(coding.options))
    assert isinstance(stream, VideoStream)
    stream.height, stream.width, stream.pix_fmt = first.height, first.width, coding.pixels
    context = stream.codec_context
    context.color_primaries = context.color_trc = BT709
    if coding.matrix is not None:
        context.colorspace, context.color_range = coding.matrix, ColorRange.MPEG
    return stream


def _checked(frame: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape or frame.dtype != torch.uint8:
        raise ValueError(f"a frame must be uint8 [H W 3], got {frame.dtype} {list(frame.shape)}")
    if frame.shape != shape:
        raise ValueError(f"all frames must have one size, got {list(frame.shape)} after {list(shape)}")
    return frame.detach().cpu()

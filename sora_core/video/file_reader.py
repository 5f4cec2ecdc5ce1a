"""Reads the frames of a video file one after another: upright, with square pixels, in one size, in sRGB.

Everything that reads a video goes through `read_file`, so that every file is opened, decoded and shown in one way.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import torch
from av.container import InputContainer
from av.video.stream import VideoStream

from .budgets import check_size
from .colours import Coding, RgbReader, bytes_of
from .decoding import Shown, decoded
from .geometry import fitted, orientation_of, square_size, squared
from .opening import Source, name_of, opened_video
from .transfer import describe
from .watching import LOG, Watch

Size = tuple[int, int]
"""Height and width"""


class FileFrame:
    """A frame of a file, whose pixels are made when they are asked for.

    tick: from which it is shown, as the container counts; None in a file without timestamps. time: the same in seconds.
    size: height and width of its pixels, upright and square.
    """

    def __init__(self, shown: Shown, tick: Fraction, look: _Look) -> None:
        self.tick, self.time = shown.tick, None if shown.tick is None else shown.tick * tick
        self.size = look.size
        self._frame, self._look = shown.frame, look

    def floats(self) -> torch.Tensor:
        """Return float32 RGB [H W 3] in 0..1, as deep as the file."""
        return self._look.pixels(self._frame)

    def bytes(self) -> torch.Tensor:
        """Return uint8 RGB [H W 3]."""
        return bytes_of(self.floats())


def read_file(
    source: Source, *, tick: int | None = None, size: Size | None = None, watch: Watch = LOG
) -> Iterator[FileFrame]:
    """Yield the frames of a file in the order in which they are shown.

    tick: begin at a key frame before it, as the container finds it; None at the beginning. size: of all frames; None
        takes that of the first, and frames of another are scaled to it. watch: is told of damage, HDR and changes.

    Damaged frames are held (see decoding.decoded). Raises FileNotFoundError, PermissionError, and ValueError with the
    name of what is no video, has no frame that decodes, too large ones, or colours that cannot be read.
    """
    with opened_video(source) as (container, stream):
        if tick is not None:
            container.seek(tick, stream=stream)
        yield from _frames(container, stream, name_of(source), size, watch)


def _frames(
    container: InputContainer, stream: VideoStream, name: str, size: Size | None, watch: Watch
) -> Iterator[FileFrame]:
    look, base = None, stream.time_base or Fraction(1)
    for shown in decoded(container, stream, name, watch):
        if look is None:
            look = _Look(stream, size or _size_of(shown.frame, stream), name, watch)
            look.introduce(shown.frame)
        look.check(shown.frame)
        yield FileFrame(shown, base, look)


class _Look:
    """How the frames of a file are shown; size: of all of them."""

    def __init__(self, stream: VideoStream, size: Size, name: str, watch: Watch) -> None:
        self.size = size
        self._name, self._watch, self._aspect = name, watch, stream.sample_aspect_ratio
        self._reader, self._context, self._changed = RgbReader(stream.codec_context), stream.codec_context, False
        self._stored: Size | None = None  # of the frames as they are in the file

    def introduce(self, frame: av.VideoFrame) -> None:
        """Tell once what is changed in all frames; raises ValueError for colours that cannot be read."""
        coding = Coding.of(frame, self._context)
        if not coding.is_srgb:
            kind = describe(coding.primaries, coding.transfer)
            self._watch.tell(f"{self._name} is {kind}: its colours are converted to sRGB")
        self._stored = frame.height, frame.width

    def check(self, frame: av.VideoFrame) -> None:
        """Tell once that the size changes; raises ValueError for one that is too large."""
        if self._stored == (frame.height, frame.width):
            return
        check_size(frame.height, frame.width)
        if not self._changed:
            height, width = self._stored or self.size
            self._watch.tell(
                f"{self._name} changes its size from {width}x{height} to {frame.width}x{frame.height}: all frames are "
                f"scaled to {self.size[1]}x{self.size[0]}"
            )
        self._changed = True

    def pixels(self, frame: av.VideoFrame) -> torch.Tensor:
        """RGB [H W 3] in 0..1."""
        upright = orientation_of(frame).apply(squared(self._reader.rgb(frame), self._aspect))
        return fitted(upright, *self.size).contiguous()


def _size_of(frame: av.VideoFrame, stream: VideoStream) -> Size:
    """Height and width of a frame, upright and with square pixels."""
    height, width = square_size(frame.height, frame.width, stream.sample_aspect_ratio)
    check_size(height, width)
    return (width, height) if orientation_of(frame).swap else (height, width)

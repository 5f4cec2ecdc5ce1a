"""Opens media files that strangers made: as files and nothing else, and only in formats that hold their own data.

Playlists and scripts (m3u8, ffconcat, dash, sdp) would read other files of the disk or the network, and never end. So
the formats and protocols that FFmpeg may use are listed here, and a name is never taken for an address.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from .budgets import MAX_PIXELS, check_size

Source = str | Path | BinaryIO
"""A file by its name, or open"""

VIDEO_FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "flv", "ogg", "asf", "mxf", "nut", "dv", "ivf", "yuv4mpegpipe"),
    *("h264", "hevc", "vvc", "av1", "obu", "m4v", "mpegvideo", "h263", "vc1", "mjpeg", "gif", "apng"),
)
PICTURE_FORMATS = (
    *("png_pipe", "jpeg_pipe", "gif", "apng", "webp_pipe", "bmp_pipe", "tiff_pipe", "mov", "exr_pipe", "hdr_pipe"),
    *("qoi_pipe", "jpegxl_pipe", "jpegxl_anim", "pam_pipe", "pbm_pipe", "pgm_pipe", "ppm_pipe"),
)
SOUND_FORMATS = ("mp3", "wav", "flac", "aac", "aiff", "caf", "w64", "ac3", "eac3", "amr", "opus")
EXPECTED = "mp4, mov, mkv, webm, avi, mpeg, ts, flv, wmv, mxf, ogg or gif"


def name_of(source: Source) -> str:
    """How errors call a source."""
    return str(source) if isinstance(source, str | Path) else "the stream"


@contextmanager
def opened(source: Source, formats: tuple[str, ...] = VIDEO_FORMATS + SOUND_FORMATS) -> Iterator[InputContainer]:
    """Open a file in one of these formats.

    Raises FileNotFoundError, PermissionError, and ValueError with the name for what is no such file, here and from the
    block.
    """
    name = name_of(source)
    _check_file(source)
    try:
        with av.open(_unmistakable(source), "r", metadata_errors="replace", options=_limits(formats)) as container:
            yield container
    except PermissionError:
        raise
    except (av.FFmpegError, ValueError) as error:
        raise ValueError(f"{name} is not a video that can be read: {_reason(error)}") from error


@contextmanager
def opened_video(source: Source) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file at its video stream; raises as `opened`, and for one that has none or too large frames."""
    with opened(source) as container:
        stream = main_stream(container)
        stream.thread_type = "SLICE"  # threads for whole frames lose frames beside a damaged one
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # of later frames, before they are made
        if stream.height and stream.width:
            check_size(stream.height, stream.width)
        yield container, stream


def main_stream(container: InputContainer) -> VideoStream:
    """Return the video stream that players show: marked as default, or the first; a cover picture is none."""
    streams = [one for one in container.streams.video if one.codec_context and not _is_picture(one)]
    if not streams:
        raise ValueError("it has no video stream")
    return next((one for one in streams if _marked(one, "default")), streams[0])


def _is_picture(stream: VideoStream) -> bool:
    return _marked(stream, "attached_pic") or _marked(stream, "timed_thumbnails") or _marked(stream, "still_image")


def _marked(stream: VideoStream, name: str) -> bool:
    mark = getattr(type(stream.disposition), name, None)  # older ones of PyAV lack some
    return mark is not None and bool(stream.disposition & mark)


def _limits(formats: tuple[str, ...]) -> dict[str, str]:
    return {"format_whitelist": ",".join(formats), "protocol_whitelist": "file"}


def _check_file(source: Source) -> None:
    """Raise for a name of nothing, of a folder, or of a pipe or device, from which reading may never end."""
    if not isinstance(source, str | Path):
        source.seek(0)
        return
    if "\0" in str(source) or not Path(source).exists():
        raise FileNotFoundError(f"there is no file {source}")
    if not Path(source).is_file():
        raise ValueError(f"{source} is not a video that can be read: it is not a file")


def _unmistakable(source: Source) -> str | BinaryIO:
    """A name that FFmpeg takes for a file, whatever colons it has."""
    return f"file:{os.fspath(source)}" if isinstance(source, str | Path) else source


def _reason(error: Exception) -> str:
    if isinstance(error, av.FFmpegError) and error.errno == errno.EINVAL and "avcodec" not in str(error):
        return f"its format is not among those that are read: {EXPECTED}"
    return str(error.strerror) if isinstance(error, av.FFmpegError) else str(error)

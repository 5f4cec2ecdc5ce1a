"""Reads picture files as ComfyUI's Load Image does: any depth, every frame of an animated one, and what is transparent.

Formats are listed, never guessed from a name: Pillow would start PostScript for an EPS that is called .png.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import av
import numpy as np
import torch
from av.video.stream import VideoStream
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from .budgets import MAX_PIXELS, check_memory, check_size
from .colours import RgbReader, depth_of
from .geometry import lists_side_data, orientation_of
from .opening import PICTURE_FORMATS, opened

PILLOW_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM", "TGA", "ICO")
EXPECTED = "png, jpg, webp, gif, bmp, tiff, avif, exr, hdr, ppm, tga or ico"


class Pictures(NamedTuple):
    """Frames of a picture file. colours: [F H W 3] in 0..1. alpha: [F H W] in 0..1, 1 = opaque; None for none."""

    colours: torch.Tensor
    alpha: torch.Tensor | None


def read_pictures(path: Path) -> Pictures:
    """Read all frames of a picture that have the size of its first one, upright.

    Raises FileNotFoundError, and ValueError with the name for what is no picture or too large.
    """
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is not a picture that can be read: it is not a file")  # a pipe may never end
    try:
        read = _stacked(_by_ffmpeg(path)) or _stacked(_by_pillow(path))
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # Pillow's readers of broken files raise nearly anything
        raise ValueError(f"{path} is not a picture that can be read: {_reason(error)}") from error
    if read is None:
        raise ValueError(f"{path} is not a picture that can be read: it has no frames")
    return read


def picture_size(path: Path) -> tuple[int, int]:
    """Height and width of a picture's first frame. Raises as read_pictures does."""
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is not a picture that can be read: it is not a file")
    try:
        first = next(_by_ffmpeg(path), None) or next(_by_pillow(path), None)
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # as there
        raise ValueError(f"{path} is not a picture that can be read: {_reason(error)}") from error
    if first is None:
        raise ValueError(f"{path} is not a picture that can be read: it has no frames")
    height, width, _ = first[0].shape
    return height, width


Layer = tuple[torch.Tensor, torch.Tensor | None]
"""Colours [H W 3] and alpha [H W] of one frame"""


def _by_ffmpeg(path: Path) -> Iterator[Layer]:
    """Frames as FFmpeg decodes them; none where it does not: Pillow reads more kinds of the same formats."""
    with path.open("rb") as file:
        try:
            with opened(cast(BinaryIO, _Nameless(file)), PICTURE_FORMATS) as container:
                stream = next(iter(container.streams.video), None)
                if stream is None or stream.codec_context is None or len(container.streams.video) > 1:
                    return  # alpha, frames or tiles of an AVIF, of which one alone is not the picture
                stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
                reader = RgbReader(stream.codec_context)
                for packet in container.demux(stream):
                    for frame in _decoded(packet):
                        yield _layer(reader, frame)
        except ValueError:
            return


class _Nameless:
    """An open file without its name, so that FFmpeg goes by what is in it."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def _decoded(packet: av.Packet[VideoStream]) -> list[av.VideoFrame]:
    try:
        return [frame for frame in packet.decode() if isinstance(frame, av.VideoFrame)]
    except av.FFmpegError:
        return []


def _layer(reader: RgbReader, frame: av.VideoFrame) -> Layer:
    check_size(frame.height, frame.width)
    if not lists_side_data(frame) and depth_of(frame) <= 8:
        raise ValueError("its orientation is not known here")  # Pillow knows it
    turn, alpha = orientation_of(frame), reader.alpha(frame)
    colours = turn.apply(reader.rgb(frame))
    return colours, None if alpha is None else turn.apply(alpha[..., None])[..., 0]


def _by_pillow(path: Path) -> Iterator[Layer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # check_size is stricter
        with Image.open(path, formats=PILLOW_FORMATS) as file:
            check_size(file.height, file.width)
            for frame in ImageSequence.Iterator(file):
                upright = ImageOps.exif_transpose(frame)
                if upright.mode[0] in "IF":
                    yield _deep(upright), None
                    continue
                has_alpha = "A" in upright.getbands() or "transparency" in upright.info
                values = torch.from_numpy(np.array(upright.convert("RGBA" if has_alpha else "RGB"))).float() / 255
                yield values[..., :3], values[..., 3] if has_alpha else None


def _deep(picture: Image.Image) -> torch.Tensor:
    """[H W 3] in 0..1 of a gray picture of more than 8 bits, which Pillow cuts off at 255 otherwise."""
    values = torch.from_numpy(np.array(picture).astype(np.float32))
    if picture.mode == "I":
        raise ValueError("its values have 32 bits: save it with 8 or 16")
    if picture.mode != "F":
        values = values / 65535
    elif not bool(values.isfinite().all()):
        raise ValueError("it has values that are not finite")
    return values.clamp(0, 1)[..., None].expand(-1, -1, 3).contiguous()


def _stacked(layers: Iterator[Layer]) -> Pictures | None:
    """Frames of the first one's size together; None for none."""
    kept: list[Layer] = []
    for layer in layers:
        if not kept or layer[0].shape == kept[0][0].shape:
            kept.append(layer)
            check_memory(len(kept), *layer[0].shape[:2])
    if not kept:
        return None
    alphas = [torch.ones(colours.shape[:2]) if alpha is None else alpha for colours, alpha in kept]
    has_alpha = any(alpha is not None for _, alpha in kept)
    return Pictures(torch.stack([colours for colours, _ in kept]), torch.stack(alphas) if has_alpha else None)


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return f"its format is not among those that are read: {EXPECTED}"
    return str(error) or type(error).__name__

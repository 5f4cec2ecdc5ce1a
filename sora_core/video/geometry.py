"""Geometry of frames: pixels that are not square, pictures stored turned or mirrored, and sizes that change."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import av
import torch

Scale = Callable[[torch.Tensor, int, int], torch.Tensor]
"""Images [F C H W], height and width -> [F C height width]"""
MATRIX = "DISPLAYMATRIX"
MAX_SKEW = 1.1  # by which a picture that comes back is stretched, at most, to the grid of a model
MAX_ASPECT = 8  # of a pixel; beyond that the file is wrong about it


class Orientation(NamedTuple):
    """How a stored picture becomes upright: rows and columns change places, then it is mirrored."""

    swap: bool = False
    left_right: bool = False
    top_bottom: bool = False

    def apply(self, pixels: torch.Tensor) -> torch.Tensor:
        """Turn pixels [H W C]; a view."""
        pixels = pixels.transpose(0, 1) if self.swap else pixels
        mirrored = [axis for axis, flip in enumerate((self.top_bottom, self.left_right)) if flip]
        return pixels.flip(mirrored) if mirrored else pixels


QUARTERS = (
    Orientation(),
    Orientation(swap=True, top_bottom=True),
    Orientation(left_right=True, top_bottom=True),
    Orientation(swap=True, left_right=True),
)
"""After that many quarter turns against the clock"""


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """Read the display matrix of a frame, to the nearest quarter turn; none is upright.

    PyAV lists no side data at all if it does not know all kinds of it; then a mirrored frame is not known as one.
    """
    if not lists_side_data(frame):
        return QUARTERS[round(frame.rotation / 90) % 4]
    found: Any = frame.side_data.get(MATRIX)
    if found is None:
        return Orientation()
    a, b, _, c, d = struct.unpack("<9i", bytes(found))[:5]  # x' = a x + c y, y' = b x + d y
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


def lists_side_data(frame: av.VideoFrame) -> bool:
    """Whether PyAV knows all kinds of side data of a frame."""
    try:
        frame.side_data.get(MATRIX)
    except ValueError:
        return False
    return True


def square_size(height: int, width: int, aspect: Fraction | None) -> tuple[int, int]:
    """Return the size with square pixels of frames whose pixels are `aspect` times as wide as high.

    The smaller side grows, so that nothing is lost. An aspect that no file means is taken for 1.
    """
    if not aspect or not Fraction(1, MAX_ASPECT) <= aspect <= MAX_ASPECT:
        return height, width
    return (height, round(width * aspect)) if aspect > 1 else (round(height / aspect), width)


def cover(images: torch.Tensor, height: int, width: int, aspect: float | None = None) -> torch.Tensor:
    """Scale images [F C H W] in 0..1 to cover height x width and crop the rest evenly: [F C height width].

    aspect: width / height of what is shown, where a grid made height x width differ from it: cropped to it, stretched.
    """
    if aspect is not None:
        return stretched(_cropped(images, aspect), height, width)
    old_height, old_width = images.shape[2:]
    if (old_height, old_width) == (height, width):
        return images
    scale = max(height / old_height, width / old_width)
    size = (max(height, round(old_height * scale)), max(width, round(old_width * scale)))
    scaled = torch.nn.functional.interpolate(images.float(), size, mode="bilinear", antialias=True)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return scaled[:, :, top : top + height, left : left + width].clamp(0, 1)


def stretched(images: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Scale all of images [F C H W] in 0..1 to height x width."""
    return _interpolated(images, (height, width), "bilinear")


def enlarged(images: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """As stretched, by a filter that keeps edges sharp where a picture grows."""
    return _interpolated(images, (height, width), "bicubic")


def _interpolated(images: torch.Tensor, size: tuple[int, int], kernel: str) -> torch.Tensor:
    if images.shape[2:] == size:
        return images
    return torch.nn.functional.interpolate(images.float(), size, mode=kernel, antialias=True).clamp(0, 1)


def of_picture(scale: Scale, picture: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Scale one picture [H W C] by cover, stretched or enlarged: [height width C]."""
    return scale(picture.movedim(-1, 0)[None], height, width)[0].movedim(0, -1)


def keeps_edges(aspect: float, height: int, width: int) -> bool:
    """Whether a picture of this aspect ratio is stretched to a size, which is nearly of its form, and not cropped."""
    return 1 / MAX_SKEW < aspect * height / width < MAX_SKEW


def middle_size(own: Sequence[int], aspect: float) -> tuple[int, int]:
    """Return the height and width of a picture's middle that is `aspect` times as wide as high."""
    own_height, own_width = own
    return min(own_height, round(own_width / aspect) or 1), min(own_width, round(own_height * aspect) or 1)


def _cropped(images: torch.Tensor, aspect: float) -> torch.Tensor:
    """The middle of images [F C H W] that is `aspect` times as wide as high; a view."""
    old_height, old_width = images.shape[2:]
    height, width = middle_size((old_height, old_width), aspect)
    top, left = (old_height - height) // 2, (old_width - width) // 2
    return images[:, :, top : top + height, left : left + width]


def fitted(pixels: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Scale pixels [H W C] in 0..1 to cover a size, and crop the rest evenly; for a size that changes in a file."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return of_picture(cover, pixels, height, width)


def squared(pixels: torch.Tensor, aspect: Fraction | None) -> torch.Tensor:
    """Scale pixels [H W C] in 0..1, each `aspect` times as wide as high, to square ones; see square_size."""
    height, width, _ = pixels.shape
    size = square_size(height, width, aspect)
    if size == (height, width):
        return pixels
    scaled = torch.nn.functional.interpolate(pixels.movedim(-1, 0)[None], size, mode="bilinear", antialias=True)
    return scaled[0].movedim(0, -1)


def even(frames: torch.Tensor) -> torch.Tensor:
    """Grow frames [... H W C] to even H and W by a copy of the last row and column."""
    if frames.shape[-3] % 2:
        frames = torch.cat([frames, frames[..., -1:, :, :]], dim=-3)
    if frames.shape[-2] % 2:
        frames = torch.cat([frames, frames[..., -1:, :]], dim=-2)
    return frames

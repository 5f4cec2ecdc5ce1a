"""Frames as pictures for a vision model: a few of the clip, small, with their times; and as JPEG data URLs."""

from __future__ import annotations

import base64
import io
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from .film import Frames, film_of

MOST_FRAMES = 8
LONGEST_SIDE = 768  # pixels
QUALITY = 85


class Sampled(NamedTuple):
    """Pictures of a clip, uint8 RGB [H W 3]. times: in seconds."""

    times: tuple[float, ...]
    pictures: tuple[torch.Tensor, ...]


def sample_pictures(frames: Frames, fps: float, *, most: int = MOST_FRAMES) -> Sampled:
    """Choose at most so many evenly spaced frames, the first and the last included; others are not read.

    Raises ValueError for frames that are none.
    """
    film = film_of(frames)
    if not fps > 0 or most < 1:
        raise ValueError(f"got {fps} frames per second and at most {most} pictures, expected more than 0 of each")
    last = film.shape[0] - 1
    count = min(last + 1, most)
    chosen = [round(index * last / max(count - 1, 1)) for index in range(count)]
    pictures = tuple(small_picture(frame) for frame in film.read(chosen))
    return Sampled(tuple(index / fps for index in chosen), pictures)


def small_picture(frame: torch.Tensor) -> torch.Tensor:
    """Shrink a frame, uint8 RGB [H W 3], to at most LONGEST_SIDE pixels a side."""
    image = _image(frame)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return torch.from_numpy(np.array(image))


def data_url(picture: torch.Tensor) -> str:
    """Encode a picture, uint8 RGB [H W 3], as a JPEG in a data URL."""
    file = io.BytesIO()
    _image(picture).save(file, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _image(frame: torch.Tensor) -> Image.Image:
    return Image.fromarray(frame.cpu().contiguous().numpy())

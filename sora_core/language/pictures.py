"""Frames as pictures for a vision model: a few of the clip, small, as JPEG data URLs with their times."""

from __future__ import annotations

import base64
import io
from typing import NamedTuple

import torch
from PIL import Image

from .film import Frames, film_of

MOST_FRAMES = 8
LONGEST_SIDE = 768  # pixels
QUALITY = 85


class Sampled(NamedTuple):
    """Pictures of a clip. times: in seconds. urls: data URLs."""

    times: tuple[float, ...]
    urls: tuple[str, ...]


def sample_pictures(frames: Frames, fps: float, *, most: int = MOST_FRAMES) -> Sampled:
    """Encode at most so many evenly spaced frames, the first and the last included; others are not read.

    Raises ValueError for frames that are none.
    """
    film = film_of(frames)
    if not fps > 0 or most < 1:
        raise ValueError(f"got {fps} frames per second and at most {most} pictures, expected more than 0 of each")
    last = film.shape[0] - 1
    count = min(last + 1, most)
    chosen = [round(index * last / max(count - 1, 1)) for index in range(count)]
    return Sampled(tuple(index / fps for index in chosen), tuple(data_url(frame) for frame in film.read(chosen)))


def data_url(frame: torch.Tensor) -> str:
    """Encode a frame, uint8 RGB [H W 3], as a JPEG of at most LONGEST_SIDE pixels a side, in a data URL."""
    image = Image.fromarray(frame.cpu().contiguous().numpy())
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"

"""Frames as pictures for a vision model: a few of the clip, small, with their times; and as JPEG data URLs."""

from __future__ import annotations

import base64
import io
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

MOST_FRAMES = 8
LONGEST_SIDE = 768  # pixels
QUALITY = 85


class Sampled(NamedTuple):
    """Pictures of a clip, uint8 RGB [H W 3]. times: in seconds."""

    times: tuple[float, ...]
    pictures: tuple[torch.Tensor, ...]


def sample_pictures(frames: torch.Tensor, fps: float, *, most: int = MOST_FRAMES) -> Sampled:
    """Choose at most so many evenly spaced frames, the first and the last included, of uint8 RGB [F H W 3].

    Raises ValueError for anything else.
    """
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != torch.uint8 or not frames.numel():
        raise ValueError(f"got frames {list(frames.shape)} of {frames.dtype}, expected uint8 [F H W 3] with a frame")
    if not fps > 0 or most < 1:
        raise ValueError(f"got {fps} frames per second and at most {most} pictures, expected more than 0 of each")
    count = min(len(frames), most)
    chosen = [round(index * (len(frames) - 1) / max(count - 1, 1)) for index in range(count)]
    return Sampled(tuple(index / fps for index in chosen), tuple(small_picture(frames[index]) for index in chosen))


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

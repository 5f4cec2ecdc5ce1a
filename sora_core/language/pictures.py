"""Frames as pictures for a vision model: a few of the clip, small, as JPEG data URLs with their times."""

from __future__ import annotations

import base64
import io
from typing import NamedTuple

import torch
from PIL import Image

MOST_FRAMES = 8
LONGEST_SIDE = 768  # pixels
QUALITY = 85


class Sampled(NamedTuple):
    """Pictures of a clip. times: in seconds. urls: data URLs."""

    times: tuple[float, ...]
    urls: tuple[str, ...]


def sample_pictures(frames: torch.Tensor, fps: float, *, most: int = MOST_FRAMES) -> Sampled:
    """Encode at most so many evenly spaced frames, the first and the last included, of uint8 RGB [F H W 3].

    Raises ValueError for anything else.
    """
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != torch.uint8 or not frames.numel():
        raise ValueError(f"got frames {list(frames.shape)} of {frames.dtype}, expected uint8 [F H W 3] with a frame")
    if not fps > 0 or most < 1:
        raise ValueError(f"got {fps} frames per second and at most {most} pictures, expected more than 0 of each")
    count = min(len(frames), most)
    chosen = [round(index * (len(frames) - 1) / max(count - 1, 1)) for index in range(count)]
    return Sampled(tuple(index / fps for index in chosen), tuple(data_url(frames[index]) for index in chosen))


def data_url(frame: torch.Tensor) -> str:
    """Encode a frame, uint8 RGB [H W 3], as a JPEG of at most LONGEST_SIDE pixels a side, in a data URL."""
    image = Image.fromarray(frame.cpu().contiguous().numpy())
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"

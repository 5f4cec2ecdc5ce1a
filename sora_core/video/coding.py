"""Codes frames for a file: RGB to the planes of BT.709 in limited range, rounded to the nearest level.

As in colours.py the matrix is applied here: swscale's own way loses up to a level each time.
"""

from __future__ import annotations

import av
import torch

from .colours import LUMA
from .strips import strips
from .transfer import BT709


def rgb_of(frame: torch.Tensor) -> av.VideoFrame:
    """Hold uint8 RGB [H W 3] as it is."""
    return av.VideoFrame.from_ndarray(frame.contiguous().numpy(), format="rgb24")


def yuv420_of(frame: torch.Tensor) -> av.VideoFrame:
    """Convert uint8 RGB [H W 3] of even size; chroma is the mean of 2x2 pixels."""
    height, width, _ = frame.shape
    made = av.VideoFrame(width, height, "yuv420p")
    planes = [torch.zeros(plane.height, plane.line_size, dtype=torch.uint8) for plane in made.planes]
    for strip in strips(height, width):
        luma, *chroma = _limited(frame[strip])
        planes[0][strip, :width] = luma
        for rows, values in zip(planes[1:], chroma, strict=True):
            rows[strip.start // 2 : strip.stop // 2, : width // 2] = values
    for written, rows in zip(made.planes, planes, strict=True):
        written.update(rows.numpy())
    return made


def _limited(rgb: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Luma [H W] and chroma [H/2 W/2] of uint8 RGB [H W 3]; rounded floats."""
    kr, kb = LUMA[BT709]
    red, green, blue = rgb.float().div_(255).unbind(-1)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = torch.stack([(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))])
    halved = torch.nn.functional.avg_pool2d(chroma[None], 2)[0]
    return luma.mul_(219).add_(16).round_(), *halved.mul_(224).add_(128).round_()

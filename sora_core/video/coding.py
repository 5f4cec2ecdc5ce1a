"""Codes frames for a file: RGB to the planes of BT.709 in limited range, rounded to the nearest level.

As in colours.py the matrix is applied here: swscale's own way loses up to a level each time.
"""

from __future__ import annotations

import av
import torch

from .colours import LUMA
from .transfer import BT709


def rgb_of(frame: torch.Tensor) -> av.VideoFrame:
    """Hold uint8 RGB [H W 3] as it is."""
    return av.VideoFrame.from_ndarray(frame.contiguous().numpy(), format="rgb24")


def yuv420_of(frame: torch.Tensor) -> av.VideoFrame:
    """Convert uint8 RGB [H W 3] of even size; chroma is the mean of 2x2 pixels."""
    kr, kb = LUMA[BT709]
    red, green, blue = frame.float().div_(255).unbind(-1)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = torch.stack([(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))])
    halved = torch.nn.functional.avg_pool2d(chroma[None], 2)[0]
    planes = luma.mul(219).add_(16), *halved.mul(224).add_(128)
    made = av.VideoFrame(frame.shape[1], frame.shape[0], "yuv420p")
    for plane, values in zip(made.planes, planes, strict=True):
        rows = torch.zeros(plane.height, plane.line_size, dtype=torch.uint8)
        rows[:, : plane.width] = values.round_().to(torch.uint8)
        plane.update(rows.numpy().tobytes())
    return made

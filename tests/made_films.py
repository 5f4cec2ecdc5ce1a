"""Films and clips for tests of what is put together from them."""

from __future__ import annotations

import torch

from sora_core.video.film_joining import Take
from sora_core.video.source_clip import SourceClip


def film(frames: int, fps: float, height: int = 24, width: int = 40) -> SourceClip:
    """A clip of soft colours that move, another one for each number of frames."""
    low = torch.rand(1, 3, 3, 4, 4, generator=torch.Generator().manual_seed(frames))
    soft = torch.nn.functional.interpolate(low, (frames, height, width), mode="trilinear")[0]
    return SourceClip(soft.permute(1, 2, 3, 0).contiguous(), fps)


def numbered(frames: int, fps: float) -> Take:
    """A small clip whose frames are n / 100 gray."""
    gray = torch.arange(frames).view(-1, 1, 1, 1) / 100
    return Take(SourceClip(gray.expand(frames, 12, 20, 3), fps))

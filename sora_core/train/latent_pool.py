"""A rolling reservoir of encoded clips: each step encodes a few new ones, and draws its batch from the last thousands.

Encoding every clip of every batch would cost more than the DiT itself; drawing each clip about ten times does not.
"""

from __future__ import annotations

import random
from collections import deque

import torch
from torch import nn

from ..shapes import VideoShape
from ..world import Scene
from .data import WorldClips
from .precision import call_in

ENCODE_AT_ONCE = 8


class LatentPool:
    """Encoded clips of one shape, the oldest leaving first."""

    def __init__(
        self, clips: WorldClips, encoder: nn.Module, video: VideoShape, *, capacity: int, dtype: torch.dtype
    ) -> None:
        self.clips, self.encoder, self.video, self.dtype = clips, encoder, video, dtype
        self._items: deque[tuple[Scene, torch.Tensor]] = deque(maxlen=capacity)

    @torch.no_grad()
    def refresh(self, count: int, rng: random.Random) -> None:
        """Render and encode `count` new clips."""
        for done in range(0, count, ENCODE_AT_ONCE):
            scenes, pixels = self.clips.draw(min(count - done, ENCODE_AT_ONCE), self.video, rng)
            latents = call_in(self.dtype, self.encoder, pixels.to(self.dtype)).float()
            self._items.extend(zip(scenes.wanted, latents, strict=True))

    def draw(self, count: int, rng: random.Random) -> tuple[list[Scene], torch.Tensor]:
        """Random clips: what was asked for, and latents [count C T H W]."""
        wanted, latents = zip(*rng.choices(self._items, k=count), strict=True)
        return list(wanted), torch.stack(latents)

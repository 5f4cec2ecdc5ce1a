"""LatentPool: a pool of encoded clips; each step adds a few new ones and draws its batch from all.

To encode every clip of every batch would cost more than the DiT's step, so each clip is drawn about ten times.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import torch
from torch import nn

from ..canvas.shapes import VideoShape
from .precision import call_in

ENCODE_BATCH = 8

Wanted = TypeVar("Wanted")
Draw = Callable[[int, VideoShape, random.Random], tuple[Sequence[Wanted], torch.Tensor]]
"""(count, shape, rng) -> specifications, and pixels [count 3 F H W] in -1..1"""


class LatentPool(Generic[Wanted]):
    """Encoded clips of one shape; the oldest are dropped first."""

    def __init__(
        self, source: Draw[Wanted], encoder: nn.Module, video: VideoShape, *, capacity: int, dtype: torch.dtype
    ) -> None:
        self.source, self.encoder, self.video, self.dtype = source, encoder, video, dtype
        self._items: deque[tuple[Wanted, torch.Tensor]] = deque(maxlen=capacity)

    @torch.no_grad()
    def refresh(self, count: int, rng: random.Random) -> None:
        """Render and encode `count` new clips."""
        for done in range(0, count, ENCODE_BATCH):
            wanted, pixels = self.source(min(count - done, ENCODE_BATCH), self.video, rng)
            latents = call_in(self.dtype, self.encoder, pixels.to(self.dtype)).float()
            self._items.extend(zip(wanted, latents, strict=True))

    def draw(self, count: int, rng: random.Random) -> tuple[list[Wanted], torch.Tensor]:
        """Draw random clips: their specifications, and latents [count C T H W]."""
        wanted, latents = zip(*rng.choices(self._items, k=count), strict=True)
        return list(wanted), torch.stack(latents)

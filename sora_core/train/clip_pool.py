"""ClipPool: made clips from which every step draws, because to make each one costs more than a step.

A few clips are new in each step, the oldest leave, and each is drawn about ten times. A clip is made when it is first
drawn, from its number and the seed alone: which clips a step draws does not depend on what was made before, and a run
that goes on without its pool makes the same one again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic

import torch

from ..canvas.shapes import VideoShape
from .clip_source import ClipSource, SceneT
from .seeds import Seeds
from .slots import Slots

MAKE_BATCH = 8  # clips that are made at once; bounds the memory


@dataclass(frozen=True)
class Refresh:
    """Size of a pool over time: `first` clips at the first step, `per_step` new ones in each, at most `capacity`."""

    first: int
    per_step: float
    capacity: int

    def __post_init__(self) -> None:
        if not (1 <= self.first <= self.capacity and self.per_step >= 0):
            raise ValueError(f"got {self}, expected 1 <= first <= capacity and per_step >= 0")

    def scaled(self, share: float) -> Refresh:
        """Return that of a pool which has this share of the clips, at least one."""
        first, capacity = (max(1, round(count * share)) for count in (self.first, self.capacity))
        return Refresh(first, self.per_step * share, max(first, capacity))

    def numbers(self, step: int) -> range:
        """Return the numbers of the clips that the pool has at a step."""
        end = self.first + int(self.per_step * step)
        return range(max(0, end - self.capacity), end)


class ClipPool(Generic[SceneT]):
    """Clips of one shape. keep: what is kept of pixels [B 3 F H W], as [B ...] of the slots' type."""

    def __init__(
        self,
        source: ClipSource[SceneT],
        video: VideoShape,
        keep: Callable[[torch.Tensor], torch.Tensor],
        *,
        slots: Slots,
        refresh: Refresh,
        seeds: Seeds,
    ) -> None:
        self.source, self.video, self.keep, self.slots = source, video, keep, slots
        self.refresh, self.seeds = refresh, seeds
        self._scene = lru_cache(maxsize=refresh.capacity)(self._draw_scene)  # each is drawn about ten times

    def draw(self, count: int, step: int, rng: random.Random) -> tuple[list[SceneT], list[torch.Tensor]]:
        """Draw random clips of the pool at a step: their scenes, and what is kept of each, not to be changed."""
        numbers = rng.choices(self.refresh.numbers(step), k=count)
        self._make(sorted({number for number in numbers if not self.slots.has(number)}))
        return [self._scene(number) for number in numbers], [self.slots.get(number) for number in numbers]

    def _draw_scene(self, number: int) -> SceneT:
        """Draw the scene of a number, the same every time."""
        (scene,) = self.source.draw(1, self.video, self.seeds.clip(self.slots.name, number))
        return scene

    @torch.no_grad()
    def _make(self, numbers: Sequence[int]) -> None:
        for first in range(0, len(numbers), MAKE_BATCH):
            batch = numbers[first : first + MAKE_BATCH]
            kept = self.keep(self.source.render([self._scene(number) for number in batch], self.video))
            for number, value in zip(batch, kept, strict=True):
                self.slots.put(number, value.cpu())


def to_bytes(pixels: torch.Tensor) -> torch.Tensor:
    """Round pixels in -1..1 to uint8."""
    return ((pixels.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def from_bytes(clips: torch.Tensor) -> torch.Tensor:
    """Return pixels in -1..1 of uint8."""
    return clips.float() / 127.5 - 1


def pick(pools: Sequence[tuple[ClipPool[Any], float]], rng: random.Random) -> ClipPool[Any]:
    """Pick one of several pools by weight."""
    return rng.choices([pool for pool, _ in pools], [weight for _, weight in pools])[0]

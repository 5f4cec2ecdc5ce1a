"""Run: one training as it was asked for, and the pools that it keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..canvas.shapes import VideoShape
from .clip_pool import ClipPool, Refresh
from .clip_source import ClipSource, SceneT, TrainingSources
from .config import TrainConfig
from .seeds import Seeds
from .slots import PoolFolder, Slots


@dataclass(frozen=True)
class Kept:
    """What a pool keeps of clips.

    name: of the pool among those of a run.
    make: pixels [B 3 F H W] -> [B *shape].
    depends_on: what `make` depends on, in words; a pool on the disk is refused if it was made with another.
    """

    name: str
    make: Callable[[torch.Tensor], torch.Tensor]
    shape: Sequence[int]
    dtype: torch.dtype
    depends_on: str = ""


@dataclass(frozen=True)
class Run:
    """One training. pool: the folder of the made clips; None for memory."""

    config: TrainConfig
    sources: TrainingSources
    device: torch.device
    seed: int
    pool: Path | None = None

    @property
    def seeds(self) -> Seeds:
        """The random generators of the run."""
        return Seeds(self.seed)

    def clip_pool(
        self, source: ClipSource[SceneT], video: VideoShape, kept: Kept, refresh: Refresh
    ) -> ClipPool[SceneT]:
        """Make a pool of clips of one shape. Raises ValueError and OSError as Slots does."""
        fps = self.config.preset.fps
        made_from = f"{self.sources.made_from}, {fps:g} fps, seed {self.seed}{kept.depends_on}"
        slots = Slots(
            refresh.capacity,
            kept.shape,
            kept.dtype,
            folder=PoolFolder(self.pool, made_from) if self.pool else None,
            name=f"{kept.name}-{video.frames}x{video.height}x{video.width}",
        )
        return ClipPool(source, video, kept.make, slots=slots, refresh=refresh, seeds=self.seeds)

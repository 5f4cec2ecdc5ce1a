"""Clips that a captioner has described, whatever their own captions say: what re-captioning is worth is measured so.

A scene is described once, from a clip of the captioner's own shape, and its description kept.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from ..canvas.shapes import VideoShape
from ..models.captioner import Captioner
from ..models.wan.vae import VideoVAE
from .clip_source import ClipSource, SceneT, TrainingSources

Describe = Callable[[torch.Tensor], list[str]]
"""Pixels [B 3 F H W] in -1..1 to a description of each clip."""


class Recaptioned:
    """A ClipSource with other captions. video: shape of the clips that are described."""

    def __init__(self, source: ClipSource[SceneT], describe: Describe, video: VideoShape) -> None:
        self.source, self.describe, self.video = source, describe, video
        self._told: dict[tuple[str, bool], str] = {}

    @property
    def min_frames(self) -> int:
        """See ClipSource."""
        return self.source.min_frames

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[Any]:
        """See ClipSource."""
        return self.source.draw(count, video, rng)

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> list[Any]:
        """See ClipSource."""
        return self.source.unseen(count, video, rng)

    def render(self, scenes: Sequence[Any], video: VideoShape) -> torch.Tensor:
        """See ClipSource."""
        return self.source.render(scenes, video)

    def captions(self, scenes: Sequence[Any], rng: random.Random, *, still: bool = False) -> list[str]:
        """See ClipSource. A still is described as a clip of one frame that stays."""
        new = {key: scene for scene in scenes if (key := (repr(scene), still)) not in self._told}
        if new:
            shown = self.source.render(list(new.values()), self.video._replace(frames=1) if still else self.video)
            told = self.describe(shown.expand(-1, -1, self.video.frames, -1, -1))
            self._told.update(zip(new, told, strict=True))
        return [self._told[repr(scene), still] for scene in scenes]

    def facts(self, scenes: Sequence[Any]) -> list[list[str]]:
        """See ClipSource."""
        return self.source.facts(scenes)

    def corpus(self, rng: random.Random) -> list[str]:
        """See ClipSource."""
        return self.source.corpus(rng)


def recaptioned(sources: TrainingSources, describe: Describe, video: VideoShape) -> TrainingSources:
    """Return the same sources with other captions of clips and windows; those of others stay."""
    clips, windows = (Recaptioned(source, describe, video) for source in (sources.clips, sources.windows))
    return replace(sources, clips=clips, windows=windows)


def describer(captioner: Captioner, vae: VideoVAE) -> Describe:
    """Return what describes clips by a captioner through its VAE."""

    @torch.no_grad()
    def describe(pixels: torch.Tensor) -> list[str]:
        return captioner.describe(vae.encode(pixels.to(next(vae.parameters()))).float())

    return describe

"""DomainClips: a domain of the world as a source of training clips."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch

from ..canvas.shapes import VideoShape
from ..world import Domain, Style
from ..world.domain import KINDS_AMONG
from .caption_choice import ALL_CAPTIONS, CaptionChoice, FirstWords
from .clip_source import SceneT

CORPUS_SCENES = 1500  # of each domain
STYLES = tuple(Style)


class DomainClips:
    """A ClipSource over a domain of the world.

    told: which captions its clips have. even: each kind of scene comes as often as the others.
    """

    min_frames = 1

    def __init__(
        self,
        domain: Domain[SceneT, Any],
        fps: float,
        device: torch.device,
        told: CaptionChoice = ALL_CAPTIONS,
        *,
        even: bool = False,
    ) -> None:
        self.domain, self.fps, self.device, self.told, self.even = domain, fps, device, told, even

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[Any]:
        """See ClipSource."""
        return [self._sampled(rng, unseen=False) for _ in range(count)]

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> list[Any]:
        """See ClipSource."""
        return [self._sampled(rng, unseen=True) for _ in range(count)]

    def _sampled(self, rng: random.Random, *, unseen: bool) -> Any:
        wanted = rng.choice(self._kinds) if self.even else None
        scene = self.domain.sample(rng, unseen=unseen)
        while wanted is not None and self.domain.kind(scene) != wanted:
            scene = self.domain.sample(rng, unseen=unseen)
        return self.domain.in_order(scene) if self.told.in_order else scene

    @cached_property
    def _kinds(self) -> list[str]:
        rng = random.Random(0)
        return sorted({self.domain.kind(self.domain.sample(rng)) for _ in range(KINDS_AMONG)})

    def render(self, scenes: Sequence[Any], video: VideoShape) -> torch.Tensor:
        """See ClipSource."""
        return self.domain.render(scenes, video, self.fps, device=self.device)

    def captions(self, scenes: Sequence[Any], rng: random.Random, *, still: bool = False) -> list[str]:
        """See ClipSource."""
        words = FirstWords() if self.told.plain else rng
        return [
            self.domain.caption(self._told_of(scene, rng), rng.choice(self.told.styles), words, still=still)
            for scene in scenes
        ]

    def _told_of(self, scene: Any, rng: random.Random) -> Any:
        """Return the scene that a caption tells of: another one in a share of them."""
        is_wrong = self.told.noise > 0 and rng.random() < self.told.noise
        return self.domain.sample(rng) if is_wrong else scene

    def facts(self, scenes: Sequence[Any]) -> list[list[str]]:
        """See ClipSource."""
        return [[f"{name}={value}" for name, value in self.domain.facts(scene).items()] for scene in scenes]

    def corpus(self, rng: random.Random) -> list[str]:
        """See ClipSource."""
        return [
            self.domain.caption(scene, style, rng, still=still)
            for scene in self.draw(CORPUS_SCENES, VideoShape(1, 1, 1), rng)
            for style in STYLES
            for still in (False, True)
        ]

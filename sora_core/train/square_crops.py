"""SquareCrops: clips cut to their middle square, as many models are trained, to compare with native aspect ratios.

A clip has one of the native shapes at random, scaled so that its shorter side is that of the square.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch

from ..canvas.shapes import Compression, PatchSize, VideoShape
from .clip_source import ClipSource, TrainingSources, TransitionSource

Clips = tuple[tuple[VideoShape, float], ...]
"""Shapes of clips with their weights."""


class CroppedScene(NamedTuple):
    """A scene, and the (height, width) in proportion to which the clip is rendered before it is cut."""

    scene: Any
    native: tuple[int, int]


class SquareCrops:
    """A ClipSource of square clips, cut from clips of `source` in the native shapes."""

    def __init__(self, source: ClipSource[Any], natives: Clips) -> None:
        self.source = source
        self._sizes = [(video.height, video.width) for video, _ in natives]
        self._weights = [weight for _, weight in natives]

    @property
    def min_frames(self) -> int:
        """See ClipSource."""
        return self.source.min_frames

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[CroppedScene]:
        """See ClipSource."""
        return self._with_sizes(self.source.draw(count, video, rng), rng)

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> list[CroppedScene]:
        """See ClipSource."""
        return self._with_sizes(self.source.unseen(count, video, rng), rng)

    def _with_sizes(self, scenes: Sequence[Any], rng: random.Random) -> list[CroppedScene]:
        sizes = rng.choices(self._sizes, self._weights, k=len(scenes))
        return [CroppedScene(*pair) for pair in zip(scenes, sizes, strict=True)]

    def render(self, scenes: Sequence[CroppedScene], video: VideoShape) -> torch.Tensor:
        """See ClipSource. Raises ValueError for a shape that is not square."""
        if video.height != video.width:
            raise ValueError(f"got clips of {video.width}x{video.height}, expected a square")
        clips: dict[int, torch.Tensor] = {}
        for size in {one.native for one in scenes}:
            places = [place for place, one in enumerate(scenes) if one.native == size]
            height, width = (round(video.height * side / min(size)) for side in size)
            whole = self.source.render(
                [scenes[place].scene for place in places], VideoShape(video.frames, height, width)
            )
            top, left = (height - video.height) // 2, (width - video.width) // 2
            cut = whole[..., top : top + video.height, left : left + video.width]
            clips.update(zip(places, cut, strict=True))
        return torch.stack([clips[place] for place in range(len(scenes))])

    def captions(self, scenes: Sequence[CroppedScene], rng: random.Random, *, still: bool = False) -> list[str]:
        """See ClipSource. They tell what the whole clip shows."""
        return self.source.captions([one.scene for one in scenes], rng, still=still)

    def facts(self, scenes: Sequence[CroppedScene]) -> list[list[str]]:
        """See ClipSource."""
        return self.source.facts([one.scene for one in scenes])

    def corpus(self, rng: random.Random) -> list[str]:
        """See ClipSource."""
        return self.source.corpus(rng)


class SquareCropTransitions(SquareCrops):
    """A TransitionSource of square clips."""

    def __init__(self, source: TransitionSource[Any], natives: Clips) -> None:
        super().__init__(source, natives)
        self._transitions = source

    def between(self, scene: CroppedScene) -> range:
        """See TransitionSource."""
        return self._transitions.between(scene.scene)


def cropped(sources: TrainingSources, natives: Clips) -> TrainingSources:
    """Return the same sources, of square clips that are cut from the native shapes; without clips of two stretches."""
    named = ",".join(f"{video.width}x{video.height}={weight:g}" for video, weight in natives)
    transitions = sources.transitions
    return replace(
        sources,
        made_from=f"{sources.made_from}, cut from {named}",
        clips=SquareCrops(sources.clips, natives),
        windows=SquareCrops(sources.windows, natives),
        transitions=None if transitions is None else SquareCropTransitions(transitions, natives),
        stretches=(),
    )


def squares(clips: Clips, compression: Compression, patch: PatchSize) -> Clips:
    """Return squares in place of clips: of about as many pixels, so that a step costs about the same."""
    weights: dict[VideoShape, float] = {}
    for video, weight in clips:
        side = round((video.height * video.width) ** 0.5)
        square = compression.nearest(VideoShape(video.frames, side, side), patch)
        weights[square] = weights.get(square, 0.0) + weight
    return tuple(weights.items())

"""ClipSource: where training clips come from. The trainer knows nothing else of what they show.

A scene is what a source needs to render and to caption one clip. It is drawn from a random generator alone, so a clip
that was forgotten can be made again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

import torch

from ..canvas.shapes import VideoShape

SceneT = TypeVar("SceneT")


class ClipSource(Protocol[SceneT]):
    """Captioned clips without end."""

    @property
    def min_frames(self) -> int:
        """The length of the shortest clip that there is, in frames."""

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[SceneT]:
        """Draw training scenes for clips of this shape; none is of a held-out combination."""

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> list[SceneT]:
        """Draw scenes of held-out combinations, for sheets and evals."""

    def render(self, scenes: Sequence[SceneT], video: VideoShape) -> torch.Tensor:
        """Render the scenes: [B 3 F H W] in -1..1."""

    def captions(self, scenes: Sequence[SceneT], rng: random.Random, *, still: bool = False) -> list[str]:
        """Describe each scene in a random style. still: omit all motion, for single images."""

    def facts(self, scenes: Sequence[SceneT]) -> list[list[str]]:
        """List what a full caption of each scene says, as `name=value`."""

    def corpus(self, rng: random.Random) -> list[str]:
        """Write captions for the tokenizer to learn from; every word that a caption may have should be there."""


class TransitionSource(ClipSource[SceneT], Protocol[SceneT]):
    """Clips with a transition between two parts that are known; a caption describes the first part."""

    def between(self, scene: SceneT) -> range:
        """Return the frames between the two parts; both parts and this one are whole latent frames."""


class StretchSource(ClipSource[SceneT], Protocol[SceneT]):
    """Clips of two stretches with a caption each; `captions` describes the first."""

    def border(self, video: VideoShape) -> int:
        """Return the frame with which the second stretch of all clips of a shape begins; it begins a latent frame."""

    def later_captions(self, scenes: Sequence[SceneT], rng: random.Random) -> list[str]:
        """Describe the second stretch of each scene in a random style."""


class MixedScene(NamedTuple):
    """A scene and the index of its source."""

    source: int
    scene: Any


class MixedSource:
    """Several sources as one. sources: each with its weight, the relative share of its clips."""

    def __init__(self, sources: Sequence[tuple[ClipSource[Any], float]]) -> None:
        if not sources or min(weight for _, weight in sources) <= 0:
            raise ValueError(f"got sources of weights {[weight for _, weight in sources]}, expected one or more, > 0")
        self.sources = [source for source, _ in sources]
        self.weights = [weight for _, weight in sources]

    @property
    def min_frames(self) -> int:
        """See ClipSource."""
        return min(source.min_frames for source in self.sources)

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[MixedScene]:
        """See ClipSource. Only sources that have clips of this length take part."""
        fitting = self._fitting(video)
        chosen = rng.choices(fitting, [self.weights[index] for index in fitting], k=count)
        return [MixedScene(index, self.sources[index].draw(1, video, rng)[0]) for index in chosen]

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> list[MixedScene]:
        """See ClipSource. The sources take turns."""
        fitting = self._fitting(video)
        chosen = [fitting[place % len(fitting)] for place in range(count)]
        scenes = {index: iter(self.sources[index].unseen(chosen.count(index), video, rng)) for index in fitting}
        return [MixedScene(index, next(scenes[index])) for index in chosen]

    def _fitting(self, video: VideoShape) -> list[int]:
        """List the sources that have clips of this length."""
        fitting = [index for index, source in enumerate(self.sources) if source.min_frames <= video.frames]
        if not fitting:
            raise ValueError(f"got clips of {video.frames} frames, expected at least {self.min_frames}")
        return fitting

    def render(self, scenes: Sequence[MixedScene], video: VideoShape) -> torch.Tensor:
        """See ClipSource. Each source renders all its scenes at once."""
        clips: dict[int, torch.Tensor] = {}
        for source, places in _places(scenes).items():
            pixels = self.sources[source].render([scenes[place].scene for place in places], video)
            clips.update(zip(places, pixels, strict=True))
        return torch.stack([clips[place] for place in range(len(scenes))])

    def captions(self, scenes: Sequence[MixedScene], rng: random.Random, *, still: bool = False) -> list[str]:
        """See ClipSource."""
        return [self.sources[one.source].captions([one.scene], rng, still=still)[0] for one in scenes]

    def facts(self, scenes: Sequence[MixedScene]) -> list[list[str]]:
        """See ClipSource."""
        return [self.sources[one.source].facts([one.scene])[0] for one in scenes]

    def corpus(self, rng: random.Random) -> list[str]:
        """See ClipSource."""
        return [text for source in self.sources for text in source.corpus(rng)]


class MixedTransitions(MixedSource):
    """Several sources of transitions as one."""

    def __init__(self, sources: Sequence[tuple[TransitionSource[Any], float]]) -> None:
        super().__init__(sources)
        self.transitions = [source for source, _ in sources]

    def between(self, scene: MixedScene) -> range:
        """See TransitionSource."""
        return self.transitions[scene.source].between(scene.scene)


def _places(scenes: Sequence[MixedScene]) -> dict[int, list[int]]:
    """Sort the places of scenes in a batch by source."""
    places: dict[int, list[int]] = {}
    for place, one in enumerate(scenes):
        places.setdefault(one.source, []).append(place)
    return places


@dataclass(frozen=True)
class TrainingSources:
    """What a model is trained on.

    made_from: what the sources are, in words; clips of equal sources and numbers are equal.
    clips: whole clips. windows: clips of which any part may be shown.
    transitions: None without a domain that has them. transition_domain: the share of such domains among the clips.
    stretches: of different borders.
    """

    made_from: str
    clips: ClipSource[Any]
    windows: ClipSource[Any]
    transitions: TransitionSource[Any] | None
    transition_domain: float
    stretches: tuple[StretchSource[Any], ...] = ()

    def with_transitions(self, share: float) -> ClipSource[Any]:
        """Mix clips with transitions. share: transitions among the clips of the domains that have them."""
        share *= self.transition_domain
        if self.transitions is None or share == 0:
            return self.clips
        return MixedSource([(self.clips, 1 - share), (self.transitions, share)])

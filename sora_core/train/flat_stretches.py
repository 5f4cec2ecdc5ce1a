"""Clips of the flat domain of which one attribute changes at a border, with a caption before it and one after it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from ..canvas.shapes import VideoShape
from ..world.facts import facts_of
from ..world.flat import Attributes, Flat, Turn, caption, draw_turn, goes_as_told, render_turns
from ..world.spans import shortest_transition
from .caption_choice import ALL_CAPTIONS, CaptionChoice
from .domain_clips import DomainClips

PLACES = (0.3, 0.43, 0.56, 0.7)  # of the border among the latent frames of a clip


class FlatStretches:
    """A StretchSource of the flat domain. step: pixel frames per latent frame. place: of the border, in 0..1."""

    def __init__(self, fps: float, device: torch.device, *, step: int, place: float, told: CaptionChoice) -> None:
        self.fps, self.device, self.step, self.place, self.told = fps, device, step, place, told

    @property
    def min_frames(self) -> int:
        """See ClipSource."""
        return shortest_transition(self.step)

    def border(self, video: VideoShape) -> int:
        """See StretchSource. Both stretches have two latent frames or more."""
        latents = 1 + (video.frames - 1) // self.step
        return 1 + self.step * (min(max(2, round(self.place * latents)), latents - 2) - 1)

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[Turn]:
        """See ClipSource."""
        return [self._sampled(video, rng, unseen=False) for _ in range(count)]

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> list[Turn]:
        """See ClipSource."""
        return [self._sampled(video, rng, unseen=True) for _ in range(count)]

    def _sampled(self, video: VideoShape, rng: random.Random, *, unseen: bool) -> Turn:
        """Draw a turn whose object moves beside the border as both captions tell."""
        border = self.border(video)
        while True:
            turn = draw_turn(rng, unseen=unseen)
            if goes_as_told(turn, border, video, self.fps, step=self.step):
                return turn

    def render(self, scenes: Sequence[Turn], video: VideoShape) -> torch.Tensor:
        """See ClipSource."""
        return render_turns(scenes, self.border(video), video, self.fps, device=self.device)

    def captions(self, scenes: Sequence[Turn], rng: random.Random, *, still: bool = False) -> list[str]:
        """See ClipSource. They are never wrong."""
        return [self._told(scene.first, rng, still=still) for scene in scenes]

    def later_captions(self, scenes: Sequence[Turn], rng: random.Random) -> list[str]:
        """See StretchSource."""
        return [self._told(scene.second, rng, still=False) for scene in scenes]

    def _told(self, attributes: Attributes, rng: random.Random, *, still: bool) -> str:
        return caption(attributes, rng.choice(self.told.styles), rng, still=still)

    def facts(self, scenes: Sequence[Turn]) -> list[list[str]]:
        """See ClipSource. Those of the first stretch."""
        first = (facts_of("flat.attributes", scene.first) for scene in scenes)
        return [[f"{name}={value}" for name, value in facts.items()] for facts in first]

    def corpus(self, rng: random.Random) -> list[str]:
        """See ClipSource."""
        return DomainClips(Flat(), self.fps, self.device).corpus(rng)


def flat_stretches(
    fps: float, device: torch.device, *, step: int, told: CaptionChoice = ALL_CAPTIONS
) -> tuple[FlatStretches, ...]:
    """Return a source for each place of the border."""
    return tuple(FlatStretches(fps, device, step=step, place=place, told=told) for place in PLACES)

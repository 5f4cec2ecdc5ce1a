"""Clips for training, drawn as they are needed. What a draw gives depends on (seed, step, process) alone."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from ..shapes import VideoShape
from ..world import (
    RICHER,
    Attributes,
    Scene,
    Scenes,
    bodies,
    held_out,
    render,
    richer,
    sample_scenes,
    training_combinations,
)
from . import workers


@dataclass(frozen=True)
class WorldClips:
    """The procedural world as a data source; held-out combinations never come out of `draw`.

    richer_share: share of scenes that are more than one plain body, evenly of all kinds.
    """

    fps: float
    seed: int
    device: torch.device
    richer_share: float

    def rng(self, step: int) -> random.Random:
        """The random numbers of one step in this process."""
        process = f"/{workers.rank()}" if workers.rank() else ""
        return random.Random(f"{self.seed}/{step}{process}")

    def shared_rng(self, step: int) -> random.Random:
        """The random numbers of one step that are the same in every process."""
        return random.Random(f"{self.seed}/{step}/shared")

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> tuple[Scenes, torch.Tensor]:
        """Random training scenes and their pixels [count 3 F H W] in -1..1."""
        firsts = rng.choices(training_combinations(), k=count)
        wanted = [self._around(first, rng) if rng.random() < self.richer_share else first for first in firsts]
        scenes = sample_scenes(wanted, rng).to(self.device)
        return scenes, render(scenes, video, self.fps)

    def _around(self, first: Attributes, rng: random.Random) -> Scene:
        """A richer scene none of whose bodies is a held-out combination."""
        unseen = set(held_out())
        while unseen & set(bodies(scene := richer(rng.choice(RICHER), first, rng))):
            pass
        return scene

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> tuple[Scenes, torch.Tensor]:
        """Clips of held-out combinations, for measuring."""
        scenes = sample_scenes(rng.choices(held_out(), k=count), rng).to(self.device)
        return scenes, render(scenes, video, self.fps)

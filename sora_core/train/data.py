"""WorldClips: random clips for training, which depend only on (seed, step, process)."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from ..canvas.shapes import VideoShape
from ..world.flat import (
    RICHER,
    Attributes,
    Connection,
    Scene,
    held_out,
    objects,
    render,
    render_connections,
    richer,
    sample_connections,
    sample_scenes,
    training_combinations,
)
from . import distributed

RETURNING, CHANGING = 0.4, 0.35  # shares of transitions back to their own start, and to another look


@dataclass(frozen=True)
class WorldClips:
    """The procedural world as a data source; `draw` never returns held-out combinations.

    richer_share: share of richer scenes, of all kinds equally.
    """

    fps: float
    seed: int
    device: torch.device
    richer_share: float

    def rng(self, step: int) -> random.Random:
        """Return the random generator of one step in this process."""
        process = f"/{distributed.rank()}" if distributed.rank() else ""
        return random.Random(f"{self.seed}/{step}{process}")

    def shared_rng(self, step: int) -> random.Random:
        """Return the random generator of one step that is the same in every process."""
        return random.Random(f"{self.seed}/{step}/shared")

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> tuple[tuple[Scene, ...], torch.Tensor]:
        """Draw random training scenes and render them: pixels [count 3 F H W] in -1..1."""
        firsts = rng.choices(training_combinations(), k=count)
        wanted = [self._around(first, rng) if rng.random() < self.richer_share else first for first in firsts]
        scenes = sample_scenes(wanted, rng).to(self.device)
        return scenes.wanted, render(scenes, video, self.fps)

    def connections(
        self, count: int, video: VideoShape, rng: random.Random, *, step: int
    ) -> tuple[tuple[Connection, ...], torch.Tensor]:
        """Draw random transitions and render them, as draw; the part between is whole latents of `step` frames."""
        latents = 1 + (video.frames - 1) // step
        wanted = []
        for first in rng.choices(training_combinations(), k=count):
            before = rng.randint(1, latents - 3)
            between = rng.randint(2, latents - before - 1)
            leave = step * (before - 1)
            arrive = leave + step * between + 1
            wanted.append(Connection(first, self._second(first, rng), leave, arrive))
        connections = sample_connections(wanted, rng).to(self.device)
        return connections.wanted, render_connections(connections, video, self.fps)

    def _second(self, first: Attributes, rng: random.Random) -> Attributes | None:
        """Draw the second clip of a transition: None for the start of the first, another look, or the same look."""
        kind = rng.random()
        if kind < RETURNING:
            return None
        others = training_combinations()
        if kind >= RETURNING + CHANGING:
            others = [other for other in others if other[:3] == first[:3]]
        return rng.choice(others)

    def _around(self, first: Attributes, rng: random.Random) -> Scene:
        """Draw a richer scene without an object of a held-out combination."""
        unseen = set(held_out())
        while unseen & set(objects(scene := richer(rng.choice(RICHER), first, rng))):
            pass
        return scene

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> torch.Tensor:
        """Render random held-out combinations, for evaluation; pixels as in draw."""
        return render(sample_scenes(rng.choices(held_out(), k=count), rng).to(self.device), video, self.fps)

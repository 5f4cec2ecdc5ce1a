"""Painter: the domain of changes that stay, a brush that leaves a stroke and food that is eaten bite by bite."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from ...canvas.shapes import VideoShape
from ..domain import Style
from ..facts import facts_of
from .attributes import meals, strokes
from .captions import caption
from .checks import check_scene
from .renderer import render
from .scenes import Scene, Truth, sample_scene, truth

SHORTEST = 2.0  # seconds
STROKES = 0.6  # probability that a scene is a stroke


class Painter:
    """A brush that leaves a stroke, or food that is eaten bite by bite; see Domain.

    seconds: all that captions tell happens in this time, so clips should be at least as long.
    """

    name = "painter"

    def __init__(self, seconds: float = 2.0) -> None:
        if seconds < SHORTEST:
            raise ValueError(f"got {seconds} seconds; scenes of the painter need at least {SHORTEST}")
        self.seconds = seconds

    def sample(self, rng: random.Random, *, unseen: bool = False) -> Scene:
        """Draw a scene. unseen: one of the held-out combinations of attributes; without it, never one of them."""
        if rng.random() < STROKES:
            return sample_scene(rng.choice(strokes(unseen=unseen)), rng, self.seconds)
        return sample_scene(rng.choice(meals(unseen=unseen)), rng, self.seconds)

    def caption(self, scene: Scene, style: Style, rng: random.Random, *, still: bool = False) -> str:
        """Describe a scene. still: omit all motion, for single images."""
        return caption(scene, style, rng, still=still)

    def in_order(self, scene: Scene) -> Scene:
        """See Domain. What its captions tell has an order already."""
        return scene

    def kind(self, scene: Scene) -> str:
        """See Domain."""
        return type(scene.wanted).__name__.lower()

    def facts(self, scene: Scene) -> dict[str, str]:
        """See Domain."""
        return facts_of(f"painter.{type(scene.wanted).__name__.lower()}", scene.wanted)

    def render(
        self, scenes: Sequence[Scene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
    ) -> torch.Tensor:
        """Render every frame of every scene: [B 3 F H W] float32 in -1..1."""
        return render(scenes, video, fps, device=device)

    def truth(self, scene: Scene, time: float) -> Truth:
        """Return the exact state of a scene at a time in seconds."""
        return truth(scene, time)

    def check(self, scene: Scene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
        """Read each attribute of a scene back from frames [3 F H W] in -1..1: whether it is there."""
        return check_scene(scene, frames, fps)

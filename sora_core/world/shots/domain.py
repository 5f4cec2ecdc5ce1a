"""Shots: the domain of several shots of one scene in one clip, as the protocol of domains has it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import torch

from ...canvas.shapes import VideoShape
from ..domain import Style
from ..facts import facts_of
from ..solids import Solids
from ..solids.truth import Truth
from .captions import caption
from .checks import check
from .renderer import render, truth_of
from .sampling import sample_scene
from .scenes import NUMBERS, Scene


class Shots:
    """One or two solid bodies in two or three shots with hard cuts between them."""

    name = "shots"

    def sample(self, rng: random.Random, *, unseen: bool = False) -> Scene:
        """Draw a scene. unseen: its first object is held out in its surroundings; without it no object is."""
        return sample_scene(rng, unseen=unseen)

    def caption(self, scene: Scene, style: Style, rng: random.Random, *, still: bool = False) -> str:
        """Describe a scene. still: the first shot alone, and no motion."""
        return caption(scene, style, rng, still=still)

    def in_order(self, scene: Scene) -> Scene:
        """See Domain. The order is that of the first shot."""
        return replace(scene, solids=Solids().in_order(scene.solids))

    def kind(self, scene: Scene) -> str:
        """See Domain."""
        return f"{NUMBERS[len(scene.shots)]}_shots"

    def facts(self, scene: Scene) -> dict[str, str]:
        """See Domain."""
        return {
            **facts_of("shots", scene.things),
            **facts_of("shots.floor", scene.solids.floor),
            **facts_of("shots.sky", scene.solids.sky),
            **facts_of("shots.framing", tuple(shot.framing for shot in scene.shots)),
        }

    def render(
        self, scenes: Sequence[Scene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
    ) -> torch.Tensor:
        """Render every frame of every scene: [B 3 F H W] float32 in -1..1."""
        return render(scenes, video, fps, device=device)

    def truth(self, scene: Scene, time: float) -> Truth:
        """Return the exact state of a scene at a time in seconds, with the camera of the shot that is shown."""
        return truth_of(scene, time)

    def check(self, scene: Scene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
        """Read each attribute of a scene back from frames [3 F H W] in -1..1: whether it is there."""
        return check(scene, frames, fps)

"""Solids: the domain of solid bodies on a floor under a sky, as the protocol of domains has it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import torch

from ...canvas.shapes import VideoShape
from ..domain import Style
from ..facts import facts_of
from .captions import caption
from .checks import check
from .renderer import render
from .sampling import sample_scene
from .scenes import Scene
from .truth import Truth, truth_of


class Solids:
    """One to three solid bodies, seen by a moving camera."""

    name = "solids"

    def sample(self, rng: random.Random, *, unseen: bool = False) -> Scene:
        """Draw a scene. unseen: its first object's combination is held out; without it no object's is."""
        return sample_scene(rng, unseen=unseen)

    def caption(self, scene: Scene, style: Style, rng: random.Random, *, still: bool = False) -> str:
        """Describe a scene. still: omit all motion, for single images."""
        return caption(scene, style, rng, still=still)

    def in_order(self, scene: Scene) -> Scene:
        """See Domain. An object that passes behind another one is told after it as before."""
        if scene.behind or len(scene.objects) == 1:
            return scene
        truth = truth_of(scene, 0.0)
        across = truth.project(truth.centres, VideoShape(1, 128, 128))[0][:, 1]
        return replace(scene, objects=tuple(scene.objects[place] for place in across.argsort().tolist()))

    def kind(self, scene: Scene) -> str:
        """See Domain."""
        return f"{len(scene.objects)} objects"

    def facts(self, scene: Scene) -> dict[str, str]:
        """See Domain."""
        return {
            **facts_of("solids", tuple(one.solid for one in scene.objects)),
            **facts_of("solids.floor", scene.floor),
            **facts_of("solids.sky", scene.sky),
            **facts_of("solids.camera", scene.camera.camera),
            **facts_of("solids.behind", scene.behind),
        }

    def render(
        self, scenes: Sequence[Scene], video: VideoShape, fps: float, *, device: torch.device | str = "cpu"
    ) -> torch.Tensor:
        """Render every frame of every scene: [B 3 F H W] float32 in -1..1."""
        return render(scenes, video, fps, device=device)

    def truth(self, scene: Scene, time: float) -> Truth:
        """Return the exact state of a scene at a time in seconds."""
        return truth_of(scene, time)

    def check(self, scene: Scene, frames: torch.Tensor, fps: float) -> dict[str, bool]:
        """Read each attribute of a scene back from frames [3 F H W] in -1..1: whether it is there."""
        return check(scene, frames, fps)

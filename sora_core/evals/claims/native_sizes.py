"""The claim that training on native sizes improves framing: how often the whole object is in the frame.

Two models are trained alike, one on native aspect ratios, the other on square crops (`sora_core.train dit
--square-crops`), and asked for the same clips at three aspect ratios.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import torch

from ...world import DOMAINS, Style
from ...world.flat import Attributes
from ...world.flat.checks import object_mask
from ...world.solids import Camera, Motion, Scene
from ...world.solids.labels import colour_label, label_pixels
from ..tables import Row
from .claim import TRUE, Outcome, Request, share
from .pictures import labelled, strip
from .subject import Subject

FRAMES = 17
LEAST = 0.02  # share of the frame that an object covers at least
EDGE = 0.01  # share of a frame's edge that may have the object's colour, by chance
STILL = (Motion.STAND, Motion.SPIN)


class NativeSizes:
    """See Claim."""

    several = True

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        sizes = max((subject.sizes() for subject in subjects), key=len)
        names = request.domains or ("solids",)
        if set(names) - set(DRAWS):
            raise ValueError(f"got the domains {', '.join(names)}, expected some of {', '.join(DRAWS)}")
        rows: list[Row] = []
        pictures = []
        for name in names:
            domain, rng = DOMAINS[name], random.Random(f"{request.seed}/sizes/{name}")
            scenes = [DRAWS[name](rng) for _ in range(request.count)]
            prompts = [domain.caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
            for size in sizes:
                video = size._replace(frames=FRAMES)
                for subject in (*subjects, None):
                    clips = (
                        subject.generated(prompts, video, seed=request.seed)
                        if subject
                        else domain.render(scenes, video, subjects[0].fps)
                    )
                    hits = [is_whole(scene, clip) for scene, clip in zip(scenes, clips, strict=True)]
                    shown, told = subject.name if subject else TRUE, f"{video.width}x{video.height}"
                    rows.append(
                        {"domain": name, "size": told, "model": shown, "clips": len(hits), "whole object": share(hits)}
                    )
                    pictures.append((f"{told}, {shown}", first_frames(clips)))
        return Outcome(rows, labelled(pictures))


def first_frames(clips: torch.Tensor) -> Any:
    """Draw the first frame of the first eight clips [B 3 F H W] side by side."""
    return strip(clips[:8, :, 0].transpose(0, 1), range(min(8, len(clips))))


def solids_scene(rng: random.Random) -> Scene:
    """Draw a held-out scene of one object that stays where it is, seen by a camera that does."""
    while True:
        scene: Scene = DOMAINS["solids"].sample(rng, unseen=True)
        stays = all(one.solid.motion in STILL for one in scene.objects) and scene.camera.camera is Camera.STILL
        if stays and len(scene.objects) == 1:
            return scene


def flat_scene(rng: random.Random) -> Any:
    """Draw a held-out scene of one plain object, which never leaves the frame."""
    while True:
        scene = DOMAINS["flat"].sample(rng, unseen=True)
        if isinstance(scene.wanted, Attributes):
            return scene


DRAWS = {"solids": solids_scene, "flat": flat_scene}


def is_whole(scene: Any, clip: torch.Tensor) -> bool:
    """Tell whether the object is in the first, middle and last frame of a clip [3 F H W], and cut off in none."""
    frames = clip[:, [0, clip.shape[1] // 2, -1]] / 2 + 0.5
    for mine in _marked(scene, frames.clamp(0, 1)):
        edges = torch.cat([mine[0], mine[-1], mine[:, 0], mine[:, -1]])
        if float(mine.float().mean()) < LEAST or float(edges.float().mean()) > EDGE:
            return False
    return True


def _marked(scene: Any, frames: torch.Tensor) -> torch.Tensor:
    """Mark the object's pixels in frames [3 F H W] in 0..1: bool [F H W]."""
    if isinstance(scene, Scene):
        labels = label_pixels(frames, scene.floor, scene.sky)
        return labels == colour_label(scene.objects[0].solid.colour)
    return object_mask(frames) > 0.5

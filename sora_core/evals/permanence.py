"""Permanence: a true clip of a body that goes behind a wall is extended; does the body come out on the other side?"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from ..canvas.placement import Placement
from ..canvas.shapes import VideoShape
from ..pipeline import Pipeline
from ..world import Hidden, Style, bodies, caption, check_scene, held_out, render, richer, sample_scenes
from ..world.richer_checks import coloured_track
from .encoding import through_vae
from .extensions import TrueClips, extended
from .prompts import BATCH

VIDEO = VideoShape(17, 64, 64)  # the body is whole again in its last frame
GIVEN = {"until half of it is hidden": 2, "until it is out of sight": 3}  # latent frames


@dataclass(frozen=True)
class PermanenceScore:
    """Shares of clips in which the body came out: those of the model, and true ones through the VAE.

    distance: median over the model's clips in which it came out, in pixels from its true place in the last frame; None
        where it came out in none.
    """

    given: str
    clips: int
    share: float
    true_share: float
    distance: float | None


def score_permanence(pipe: Pipeline, given: str, *, count: int, seed: int = 0) -> PermanenceScore:
    """Extend `count` true scenes around held-out combinations, told what they show, from the first of their frames."""
    rng = random.Random(f"{seed}/permanence")
    wanted = [richer(Hidden, first, rng) for first in held_out()[:count]]
    known = pipe.vae.compression.video_frames(GIVEN[given])
    source = Placement(0, known, VIDEO.frames, pipe.vae.compression)
    out: list[bool] = []
    true_out: list[bool] = []
    distances: list[torch.Tensor] = []
    for first in range(0, count, BATCH):
        part = wanted[first : first + BATCH]
        truth = render(sample_scenes(part, rng), VIDEO, pipe.fps)
        clips = TrueClips(truth, [caption(scene, Style.DESCRIPTIVE, rng) for scene in part], seed + first)
        made = extended(pipe, clips, source)
        for scene, clip, true, rebuilt in zip(part, made, truth, through_vae(pipe, truth), strict=True):
            out.append(check_scene(scene, clip, pipe.fps)["permanence"])
            true_out.append(check_scene(scene, rebuilt, pipe.fps)["permanence"])
            end, true_end = (coloured_track(one[:, -1:], bodies(scene)[0].colour)[0] for one in (clip, true))
            distances += [(end - true_end).norm()] if out[-1] else []
    distance = torch.stack(distances).median().item() if distances else None
    return PermanenceScore(given, count, sum(out) / count, sum(true_out) / count, distance)

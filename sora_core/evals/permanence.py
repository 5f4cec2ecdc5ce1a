"""Evaluates object permanence: whether an object that goes behind a wall comes out on the other side.

A true clip is extended from the frames before the object comes out.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from ..canvas.placement import Placement
from ..pipeline import Pipeline
from ..world.flat import Hidden, Style, caption, check_scene, held_out, objects, render, richer, sample_scenes
from ..world.flat.richer_checks import coloured_track
from .clip_shapes import clip_of
from .encoding import through_vae
from .extensions import TrueClips, extended
from .prompts import BATCH

FRAMES = 17  # the object is whole again in the last one
GIVEN = {"until half of it is hidden": 2, "until it is out of sight": 3}  # known latent frames


@dataclass(frozen=True)
class PermanenceScore:
    """Shares of clips in which the object came out.

    share: of the model's clips. true_share: of true clips through the VAE.
    distance: median distance in pixels from the true position in the last frame, over the model's clips in which the
        object came out; None if there are none.
    """

    given: str
    clips: int
    share: float
    true_share: float
    distance: float | None


def score_permanence(pipe: Pipeline, given: str, *, count: int, seed: int = 0) -> PermanenceScore:
    """Extend the start of `count` true scenes of held-out combinations, with their captions as prompts."""
    rng = random.Random(f"{seed}/permanence")
    wanted = [richer(Hidden, first, rng) for first in held_out()[:count]]
    known = pipe.vae.compression.video_frames(GIVEN[given])
    source = Placement(0, known, FRAMES, pipe.vae.compression)
    out: list[bool] = []
    true_out: list[bool] = []
    distances: list[torch.Tensor] = []
    for first in range(0, count, BATCH):
        part = wanted[first : first + BATCH]
        truth = render(sample_scenes(part, rng), clip_of(pipe, FRAMES), pipe.fps)
        clips = TrueClips(truth, [caption(scene, Style.DESCRIPTIVE, rng) for scene in part], seed + first)
        made = extended(pipe, clips, source)
        for scene, clip, true, rebuilt in zip(part, made, truth, through_vae(pipe, truth), strict=True):
            out.append(check_scene(scene, clip, pipe.fps)["permanence"])
            true_out.append(check_scene(scene, rebuilt, pipe.fps)["permanence"])
            end, true_end = (coloured_track(one[:, -1:], objects(scene)[0].colour)[0] for one in (clip, true))
            distances += [(end - true_end).norm()] if out[-1] else []
    distance = torch.stack(distances).median().item() if distances else None
    return PermanenceScore(given, count, sum(out) / count, sum(true_out) / count, distance)

"""Evaluates prompt following on richer scenes: sizes, two objects, a moving camera, a wall.

Also measures the VAE's PSNR on true clips of the same kinds.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

from ..pipeline import Pipeline
from ..world.flat import Style, caption, check_scene, held_out, render, richer, sample_scenes
from .clip_shapes import clip_of
from .prompts import BATCH, generate_clips
from .reconstruction import clip_psnrs

FRAMES = 17


@dataclass(frozen=True)
class RicherScore:
    """For one kind: the share of clips in which each attribute is right, and the VAE's mean PSNR in dB."""

    kind: str
    clips: int
    psnr: float
    shares: dict[str, float]


def score_richer(pipe: Pipeline, kind: type, *, count: int, seed: int = 0) -> RicherScore:
    """Generate and check `count` scenes of a kind with held-out combinations; the VAE gets as many true clips."""
    rng, video = random.Random(f"{seed}/{kind.__name__}"), clip_of(pipe, FRAMES)
    wanted = [richer(kind, first, rng) for first in held_out()[:count]]
    hits: dict[str, list[bool]] = defaultdict(list)
    ratios: list[float] = []
    for first in range(0, count, BATCH):
        part = wanted[first : first + BATCH]
        prompts = [caption(scene, Style.DESCRIPTIVE, rng) for scene in part]
        clips = generate_clips(pipe, prompts, video, seed=seed + first)
        for clip, scene in zip(clips, part, strict=True):
            for name, is_right in check_scene(scene, clip, pipe.fps).items():
                hits[name].append(is_right)
        ratios += clip_psnrs(pipe.vae, render(sample_scenes(part, rng), video, pipe.fps))
    shares = {name: sum(values) / len(values) for name, values in hits.items()}
    return RicherScore(kind.__name__.lower(), count, sum(ratios) / count, shares)

"""Prompt following beyond one plain body: sizes, two bodies, a camera, a wall; and what the VAE alone makes of them."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

from ..canvas.shapes import VideoShape
from ..pipeline import Pipeline
from ..world import Style, caption, check_scene, held_out, render, richer, sample_scenes
from .prompts import BATCH, generate_clips
from .reconstruction import clip_psnrs

VIDEO = VideoShape(17, 64, 64)


@dataclass(frozen=True)
class RicherScore:
    """Of one kind: the share of clips in which each thing asked for was seen, and the VAE's mean PSNR in dB."""

    kind: str
    clips: int
    psnr: float
    shares: dict[str, float]


def score_richer(pipe: Pipeline, kind: type, *, count: int, seed: int = 0) -> RicherScore:
    """Generate and read `count` scenes of a kind around held-out combinations; the VAE is given as many true clips."""
    rng = random.Random(f"{seed}/{kind.__name__}")
    wanted = [richer(kind, first, rng) for first in held_out()[:count]]
    hits: dict[str, list[bool]] = defaultdict(list)
    ratios: list[float] = []
    for first in range(0, count, BATCH):
        part = wanted[first : first + BATCH]
        prompts = [caption(scene, Style.DESCRIPTIVE, rng) for scene in part]
        clips = generate_clips(pipe, prompts, VIDEO, seed=seed + first)
        for clip, scene in zip(clips, part, strict=True):
            for name, seen in check_scene(scene, clip, pipe.fps).items():
                hits[name].append(seen)
        ratios += clip_psnrs(pipe.vae, render(sample_scenes(part, rng), VIDEO, pipe.fps))
    shares = {name: sum(seen) / len(seen) for name, seen in hits.items()}
    return RicherScore(kind.__name__.lower(), count, sum(ratios) / count, shares)

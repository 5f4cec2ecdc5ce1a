"""Evaluates a model in one domain of the world: held-out scenes, read by the domain's own checks.

Each share stands beside that of the true clips, and of true clips through the VAE: the most that a model on its latents
can reach.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..canvas.shapes import VideoShape
from ..diffusion.options import SamplingOptions
from ..pipeline import Pipeline
from ..world import Domain, Style
from .encoding import through_vae
from .prompts import BATCH, SAMPLING, generate_clips
from .reconstruction import psnr


@dataclass(frozen=True)
class CheckShare:
    """Shares of clips, in 0..1, that pass one check of one kind of scenes."""

    kind: str
    check: str
    clips: int
    generated: float
    through_vae: float
    true: float


@dataclass(frozen=True)
class DomainScore:
    """Scores of one domain at one shape. psnr: of true clips through the VAE, in dB, the mean over clips."""

    video: VideoShape
    psnr: float
    shares: tuple[CheckShare, ...]


def score_domain(
    pipe: Pipeline,
    domain: Domain[Any, Any],
    video: VideoShape,
    *,
    count: int,
    seed: int = 0,
    sampling: SamplingOptions = SAMPLING,
) -> DomainScore:
    """Generate and check `count` held-out scenes of a domain at one shape, in batches with different seeds."""
    rng = random.Random(seed)
    scenes = [domain.sample(rng, unseen=True) for _ in range(count)]
    styles = (Style.DESCRIPTIVE, Style.RICH)
    prompts = [domain.caption(scene, styles[index % 2], rng) for index, scene in enumerate(scenes)]
    passed: dict[tuple[str, str], list[tuple[bool, ...]]] = defaultdict(list)
    psnrs: list[float] = []
    for first in range(0, count, BATCH):
        part = slice(first, first + BATCH)
        true = domain.render(scenes[part], video, pipe.fps)
        decoded = through_vae(pipe, true)
        generated = generate_clips(pipe, prompts[part], video, seed=seed + first, sampling=sampling)
        psnrs += [psnr(output, clip) for output, clip in zip(decoded, true, strict=True)]
        for scene, *clips in zip(scenes[part], generated, decoded, true, strict=True):
            for name, hits in _checks(domain, scene, clips, pipe.fps).items():
                passed[domain.kind(scene), name].append(hits)
    shares = (
        CheckShare(kind, name, len(hits), *torch.tensor(hits, dtype=torch.float64).mean(dim=0).tolist())
        for (kind, name), hits in sorted(passed.items())
    )
    return DomainScore(video, sum(psnrs) / len(psnrs), tuple(shares))


def _checks(
    domain: Domain[Any, Any], scene: Any, clips: Sequence[torch.Tensor], fps: float
) -> Mapping[str, tuple[bool, ...]]:
    """Check several clips [3 F H W] of one scene: each check's results, in the order of the clips."""
    results = [domain.check(scene, clip, fps) for clip in clips]
    return {name: tuple(result[name] for result in results) for name in results[0]}

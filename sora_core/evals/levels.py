"""Evaluates where in the noise a DiT is blind: the error of the clean latents that it sees at each noise level.

Where the error with the text is near that without, the text decides nothing; where it stays above that of low levels,
the model does not see what the noise leaves to be seen.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import torch

from ..canvas.shapes import VideoShape
from ..diffusion.flow import add_noise, clean_from_velocity
from ..pipeline import Pipeline
from ..world import Domain, Style
from .encoding import encode
from .prompts import BATCH

LEVELS = (1.0, 0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3)


class LevelScore(NamedTuple):
    """Mean squared errors of clean latents in shares of their variance, with the clips' prompts and without."""

    level: float
    with_prompt: float
    without: float


@torch.no_grad()
def score_levels(
    pipe: Pipeline, domain: Domain[Any, Any], video: VideoShape, *, count: int, seed: int = 0
) -> list[LevelScore]:
    """Add noise of each of LEVELS to `count` held-out clips of a domain, and let the model predict the clean ones."""
    rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    sums, total = torch.zeros(len(LEVELS), 2, dtype=torch.float64), 0.0
    for first in range(0, count, BATCH):
        scenes = [domain.sample(rng, unseen=True) for _ in range(min(BATCH, count - first))]
        clean = encode(pipe, domain.render(scenes, video, pipe.fps))
        prompts = [domain.caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
        texts = [pipe.encode_text(shown).embeddings for shown in (prompts, [""] * len(prompts))]
        noise = torch.randn(clean.shape, generator=generator).to(clean)
        for row, value in enumerate(LEVELS):
            level = torch.full((len(clean),), value).to(clean)
            place = level[:, None, None, None, None]
            noisy = add_noise(clean, noise, place)
            for column, text in enumerate(texts):
                found = clean_from_velocity(noisy, pipe.dit(noisy.to(text), level, text).float(), place)
                sums[row, column] += (found - clean).square().sum().double()
        total += float((clean - clean.mean()).square().sum())
    return [LevelScore(level, *shares) for level, shares in zip(LEVELS, (sums / total).tolist(), strict=True)]

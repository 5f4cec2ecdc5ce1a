"""Evaluates prompt following: generates clips of held-out combinations and reads their attributes.

The attributes are read by world.flat.checks, which does not depend on the model and is tested on true clips.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ..canvas.shapes import VideoShape
from ..diffusion.options import SamplingOptions
from ..pipeline import Pipeline
from ..world import DOMAINS, Style
from ..world.flat import Attributes, caption, held_out, read_attributes
from ..world.flat.attributes import HELD_OUT_COUNT
from .encoding import pixels_of

BATCH = 25
SAMPLING = SamplingOptions()
COLUMNS = Attributes._fields


@dataclass(frozen=True)
class PromptScore:
    """Shares of clips, in 0..1, in which each attribute was read as in the prompt."""

    video: VideoShape
    clips: int
    shares: tuple[float, ...]


def prompts_for(combinations: Sequence[Attributes], *, seed: int) -> list[str]:
    """Write one prompt per combination that names every attribute, in descriptive and rich style by turns."""
    rng = random.Random(seed)
    styles = (Style.DESCRIPTIVE, Style.RICH)
    return [caption(wanted, styles[index % 2], rng) for index, wanted in enumerate(combinations)]


def world_prompts(counts: Mapping[str, int], *, seed: int) -> list[str]:
    """Write prompts of held-out scenes, as many of each domain as `counts` says by its name, in descriptive style."""
    rng = random.Random(seed)
    domains = [DOMAINS[name] for name, count in counts.items() for _ in range(count)]
    return [domain.caption(domain.sample(rng, unseen=True), Style.DESCRIPTIVE, rng) for domain in domains]


def generate_clips(
    pipe: Pipeline, prompts: Sequence[str], video: VideoShape, *, seed: int, sampling: SamplingOptions = SAMPLING
) -> torch.Tensor:
    """Generate one clip per prompt, all from one seed: [B 3 F H W] in -1..1."""
    latents = pipe.sample_latents(pipe.encode_text(prompts), video, seed=seed, sampling=sampling)
    return pixels_of(pipe.decode(latents))


def score_prompts(
    pipe: Pipeline, video: VideoShape, *, count: int, seed: int = 0, sampling: SamplingOptions = SAMPLING
) -> PromptScore:
    """Generate and read `count` held-out combinations at one shape, in batches with different seeds."""
    if not 1 <= count <= HELD_OUT_COUNT:
        raise ValueError(f"count must be 1 to {HELD_OUT_COUNT}, got {count}")
    wanted = held_out()[:count]
    prompts = prompts_for(wanted, seed=seed)
    hits: list[tuple[bool, ...]] = []
    for first in range(0, count, BATCH):
        part = slice(first, first + BATCH)
        clips = generate_clips(pipe, prompts[part], video, seed=seed + first, sampling=sampling)
        hits += [
            read_attributes(clip, pipe.fps).matches(asked) for clip, asked in zip(clips, wanted[part], strict=True)
        ]
    shares = torch.tensor(hits, dtype=torch.float64).mean(dim=0).tolist()
    return PromptScore(video, count, tuple(shares))

"""Evaluates prompts of stretches: does the attribute that changes change at its moment, and does the rest stay?

Clips of two stretches whose prompts differ in one attribute. What is shown more than a latent frame before the border
must be the first prompt's, what is shown more than one after it the second's. The attributes are read by
world.flat.checks.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from ..pipeline import Pipeline
from ..world.flat import Attributes, held_out, read_attributes
from ..world.flat.attributes import Background, Direction
from ..world.palette import Colour
from .clip_shapes import clip_of
from .encoding import pixels_of
from .prompts import BATCH, COLUMNS, SAMPLING, prompts_for

FRAMES, BORDER = 33, 17  # of a clip, and where its second stretch begins
OPPOSITE = {
    Direction.LEFT: Direction.RIGHT,
    Direction.RIGHT: Direction.LEFT,
    Direction.UP: Direction.DOWN,
    Direction.DOWN: Direction.UP,
}
CHANGES = ("colour", "background", "direction")
WAYS: dict[str, float | None] = {"two": 0.0, "two, faded over 4 frames": 4.0, "the first alone": None}


@dataclass(frozen=True)
class StretchScore:
    """Shares of clips, in 0..1: what was read before the border, after it, and both with all that should stay."""

    change: str
    clips: int
    shares: dict[str, float]


def changed(wanted: Attributes, change: str, rng: random.Random) -> Attributes:
    """Return attributes of which one is another."""
    if change == "direction":
        return wanted._replace(direction=OPPOSITE[wanted.direction])
    if change == "background":
        return wanted._replace(background=rng.choice([one for one in Background if one is not wanted.background]))
    return wanted._replace(colour=rng.choice([one for one in Colour if one is not wanted.colour]))


def score_stretches(pipe: Pipeline, change: str, crossfade: float | None, *, count: int, seed: int = 0) -> StretchScore:
    """Generate and read `count` held-out combinations. crossfade: in frames; None gives the first prompt alone."""
    rng = random.Random(seed)
    first = held_out()[:count]
    second = [changed(wanted, change, rng) for wanted in first]
    video, margin = clip_of(pipe, FRAMES), pipe.vae.compression.time
    hits: list[tuple[bool, ...]] = []
    for start in range(0, count, BATCH):
        pairs = list(zip(first[start : start + BATCH], second[start : start + BATCH], strict=True))
        prompts = [prompts_for(list(part), seed=seed) for part in zip(*pairs, strict=True)]
        if crossfade is None:
            text = pipe.encode_stretches(prompts[:1], [0], FRAMES)
        else:
            text = pipe.encode_stretches(prompts, [0, BORDER], FRAMES, crossfade=crossfade)
        latents = pipe.sample_latents(text, video, seed=seed + start, sampling=SAMPLING)
        for clip, pair in zip(pixels_of(pipe.decode(latents)), pairs, strict=True):
            hits.append(read_parts(clip, pair, change, pipe.fps, margin))
    names = (f"{change} before", f"{change} after", "both", "the rest before", "the rest after")
    shares = torch.tensor(hits, dtype=torch.float64).mean(dim=0).tolist()
    return StretchScore(change, count, dict(zip(names, shares, strict=True)))


def read_parts(
    clip: torch.Tensor, pair: tuple[Attributes, Attributes], change: str, fps: float, margin: int
) -> tuple[bool, ...]:
    """Read whether a clip [3 F H W] has what two prompts say: the change in each part, in both, the rest in each.

    margin: frames on each side of the border that are not read.
    """
    parts = clip[:, : BORDER - margin], clip[:, BORDER + margin :]
    found = [
        dict(zip(COLUMNS, read_attributes(part, fps).matches(asked), strict=True))
        for part, asked in zip(parts, pair, strict=True)
    ]
    before, after = (part.pop(change) for part in found)
    return before, after, before and after, all(found[0].values()), all(found[1].values())

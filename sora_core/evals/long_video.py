"""Evaluates minute-long videos from windows: prompt following over time, and drift of colours.

Drift is the signed change since the first seconds, as a mean over clips with the half width of its 95% interval.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import torch

from ..diffusion.options import SamplingOptions
from ..diffusion.windows import RollingWindow, SlidingWindow, Windows
from ..long_video import long_latents
from ..pipeline import Pipeline
from ..world.flat import Attributes, Style, caption, held_out
from ..world.flat.checks import read_attributes
from .clip_shapes import clip_of
from .encoding import pixels_of
from .looks import Change, look_of, mean_change
from .prompts import BATCH

SECONDS = (10, 20, 40, 60)  # ends of the measured parts, each LOOK seconds long, beside the first LOOK seconds
LOOK = 2
SAMPLING = SamplingOptions(guidance=1.0)  # a prompt names the first motion, which is over after the first window
WAYS: dict[str, Windows] = {"sliding": SlidingWindow(), "rolling": RollingWindow()}


@dataclass(frozen=True)
class LongScore:
    """Shares of clips with the right shape, colour and background, and changes of the look, at one time."""

    way: str
    seconds: int
    clips: int
    shares: tuple[float, ...]
    changes: tuple[Change, ...]


def score_long(pipe: Pipeline, way: str, *, count: int, seed: int = 0) -> list[LongScore]:
    """Generate `count` clips of held-out combinations, and score them at each of SECONDS."""
    wanted = held_out()[:count]
    rng = random.Random(seed)
    parts: list[list[torch.Tensor]] = [[] for _ in (LOOK, *SECONDS)]  # frames [B f H W 3] of each part, in batches
    for first in range(0, count, BATCH):
        frames = _clips(pipe, wanted[first : first + BATCH], WAYS[way], rng, seed + first)
        for part, end in zip(parts, (LOOK, *SECONDS), strict=True):
            part.append(frames[:, round((end - LOOK) * pipe.fps) : round(end * pipe.fps)])
    start, *later = (torch.cat(part) for part in parts)
    return [
        LongScore(way, end, count, _shares(clips, wanted, pipe.fps), mean_change(look_of(clips) - look_of(start)))
        for end, clips in zip(SECONDS, later, strict=True)
    ]


@torch.no_grad()
def _clips(pipe: Pipeline, wanted: list[Attributes], windows: Windows, rng: random.Random, seed: int) -> torch.Tensor:
    """Generate a minute of video of each scene: uint8 [B F H W 3]."""
    _, height, width = clip_of(pipe, 1)
    shape = pipe.video_shape(width, height, seconds=SECONDS[-1], fps=pipe.fps)
    text = pipe.encode_text([caption(scene, Style.DESCRIPTIVE, rng) for scene in wanted])
    parts = long_latents(pipe, text, shape, seed=seed, sampling=replace(SAMPLING, windows=windows))
    return pipe.decode(torch.cat(list(parts), dim=2))


def _shares(clips: torch.Tensor, wanted: list[Attributes], fps: float) -> tuple[float, ...]:
    """Compute the shares with the right shape, colour and background; directions have changed at the edges by then."""
    pairs = zip(pixels_of(clips), wanted, strict=True)
    right = [read_attributes(clip, fps).matches(scene)[:3] for clip, scene in pairs]
    return tuple(sum(column) / len(right) for column in zip(*right, strict=True))

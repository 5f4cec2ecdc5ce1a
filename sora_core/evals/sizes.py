"""Evaluates the size of objects in generated clips, relative to true clips."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from ..diffusion.options import SamplingOptions
from ..pipeline import Pipeline
from .continuations import SAMPLING
from .drift import area_of
from .intervals import Interval, ratio_of_means
from .sources import drawn, made, prompted

WAYS: dict[str, SamplingOptions] = {
    "guidance 1": SAMPLING,
    "guidance 1.5": replace(SAMPLING, guidance=1.5),
    "guidance 2.5": replace(SAMPLING, guidance=2.5),
    "guidance 1, 75 steps": replace(SAMPLING, steps=75),
    "guidance 1, shift 8": replace(SAMPLING, shift=8.0),
}


@dataclass(frozen=True)
class SizeScore:
    """Score of one way to sample. area: mean area of the objects, divided by that in true clips through the VAE."""

    way: str
    clips: int
    area: Interval


def score_sizes(pipe: Pipeline, way: str, *, count: int, seed: int = 0) -> SizeScore:
    """Generate `count` clips of held-out combinations in one of WAYS; prompts and seeds are the same for all."""
    ours, true = [], []
    for part in prompted(count, seed):
        ours.append(area_of(pipe.decode(made(pipe, part, sampling=WAYS[way])), part.wanted))
        true.append(area_of(pipe.decode(drawn(pipe, part)), part.wanted))
    return SizeScore(way, count, ratio_of_means(torch.cat(ours), torch.cat(true)))

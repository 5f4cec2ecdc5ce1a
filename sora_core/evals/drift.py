"""Drift: how the look of clips changes over many extensions, from sources whose own look differs.

A source that was made in another way than its extensions has another look: that shows after the first of them and
then stays. Drift goes on. True clips tell both from what the model gets wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..pipeline import Pipeline
from .continuations import ADDED, CONTINUATIONS, SOURCE
from .looks import Change, drift_of, look_of, mean_change
from .sources import EXTENSIONS, SOURCES, jobs

WAY = "latents carried over"
SHOWN = (1, 2, 4, 8)  # extensions


@dataclass(frozen=True)
class DriftScore:
    """after: changes of the look since the source, after so many of SHOWN; slope: for each extension."""

    source: str
    clips: int
    after: dict[int, tuple[Change, ...]]
    slope: tuple[Change, ...]


def score_drift(pipe: Pipeline, source: str, *, count: int, seed: int = 0) -> DriftScore:
    """Extend `count` clips of a source EXTENSIONS times."""
    work = jobs(pipe, SOURCES[source], count=count, seed=seed)
    frames = torch.cat([CONTINUATIONS[WAY](pipe, job) for job in work])
    looks = looks_over(pipe, frames)
    after = {times: mean_change(looks[:, :, times] - looks[:, :, 0]) for times in SHOWN if times <= EXTENSIONS}
    return DriftScore(source, count, after, drift_of(looks))


def looks_over(pipe: Pipeline, frames: torch.Tensor) -> torch.Tensor:
    """Looks [B 3 1+N] of uint8 clips [B F H W 3]: of the source, then of each of N extensions."""
    first = pipe.vae.compression.video_frames(SOURCE)
    parts = [frames[:, :first], *frames[:, first:].split(ADDED * pipe.vae.compression.time, dim=1)]
    return torch.stack([look_of(part) for part in parts], dim=2)

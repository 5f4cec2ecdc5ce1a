"""Evaluates RePaint resampling: whether it helps a model that gets known latents by replacement.

As evals/extensions.py, but at frames nearer to the source, which resampling should bring into agreement with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from tqdm import tqdm

from ..canvas.placement import Placement
from ..pipeline import Pipeline
from .clip_shapes import clip_of
from .extensions import extended, object_positions, true_clips
from .intervals import Interval, mean
from .replacement import Hold, Replace, per_patch
from .tables import Row

AHEAD = (1, 4, 8, 16)  # frames after the source
FRAMES, KNOWN = 33, 17  # of a clip, and how many of them are known
WAYS: dict[str, Hold] = {
    "per patch": per_patch,
    "replacement": Replace(),
    "replacement, resampled once": Replace(1),
    "replacement, resampled twice": Replace(2),
}


@dataclass(frozen=True)
class ResamplingScore:
    """Median and mean distance in pixels of the object from its true position, for each of AHEAD."""

    way: str
    clips: int
    medians: tuple[float, ...]
    means: tuple[Interval, ...]


def resampling_rows(pipe: Pipeline, *, count: int, seed: int = 0) -> list[Row]:
    """Measure each way."""
    rows: list[Row] = []
    for way in tqdm(WAYS, desc="resampling", unit="way"):
        score = score_resampling(pipe, way, count=count, seed=seed)
        medians = {f"median +{ahead}": value for ahead, value in zip(AHEAD, score.medians, strict=True)}
        means = {f"mean +{ahead}": str(value) for ahead, value in zip(AHEAD, score.means, strict=True)}
        rows.append({"known frames": way, "clips": score.clips, **medians, **means})
    return rows


def score_resampling(pipe: Pipeline, way: str, *, count: int, seed: int = 0) -> ResamplingScore:
    """Extend `count` true clips of held-out combinations forward; clips and seeds are the same for every way."""
    source = Placement(0, KNOWN, FRAMES, pipe.vae.compression)
    moments = [KNOWN - 1 + ahead for ahead in AHEAD]
    parts = []
    for clips in true_clips(clip_of(pipe, FRAMES), pipe.fps, count=count, seed=seed):
        made, true = object_positions(extended(pipe, clips, source, WAYS[way])), object_positions(clips.pixels)
        parts.append((made[:, moments] - true[:, moments]).norm(dim=2))
    errors = torch.cat(parts)  # [B moments]
    return ResamplingScore(
        way, count, tuple(errors.median(dim=0).values.tolist()), tuple(mean(column) for column in errors.T)
    )

"""Do resampling jumps help a model that is shown the known parts by replacing? One model, held in several ways.

As evals/extensions.py, at moments nearer to the source: jumps are to mend what does not agree with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..canvas.placement import Placement
from ..canvas.shapes import VideoShape
from ..pipeline import Pipeline
from .extensions import body_places, extended, true_clips
from .intervals import Interval, mean
from .replacement import Hold, Replace, per_patch

AHEAD = (1, 4, 8, 16)  # frames from the source
VIDEO = VideoShape(33, 64, 64)
KNOWN = 17  # frames
WAYS: dict[str, Hold] = {
    "per patch": per_patch,
    "replace": Replace(),
    "replace, 1 jump": Replace(1),
    "replace, 2 jumps": Replace(2),
}


@dataclass(frozen=True)
class ResamplingScore:
    """Distance in pixels of the body from its true place, for each of AHEAD, over clips."""

    way: str
    clips: int
    medians: tuple[float, ...]
    means: tuple[Interval, ...]


def score_resampling(pipe: Pipeline, way: str, *, count: int, seed: int = 0) -> ResamplingScore:
    """Extend `count` true clips of held-out combinations forward; clips and seeds are the same for every way."""
    source = Placement(0, KNOWN, VIDEO.frames, pipe.vae.compression)
    moments = [KNOWN - 1 + ahead for ahead in AHEAD]
    parts = []
    for clips in true_clips(VIDEO, pipe.fps, count=count, seed=seed):
        made, true = body_places(extended(pipe, clips, source, WAYS[way])), body_places(clips.pixels)
        parts.append((made[:, moments] - true[:, moments]).norm(dim=2))
    errors = torch.cat(parts)  # [B moments]
    return ResamplingScore(
        way, count, tuple(errors.median(dim=0).values.tolist()), tuple(mean(column) for column in errors.T)
    )

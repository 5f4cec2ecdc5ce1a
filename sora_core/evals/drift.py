"""Evaluates drift: how colours and the size of objects change over many extensions of a clip.

A source that was sampled with other options than its extensions has another look. That change shows after the first
extension and stays; drift goes on. True clips separate both from errors of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..pipeline import Pipeline
from ..world.flat import Attributes, held_out
from .continuations import ADDED, CARRIED, CONTINUATIONS, NOT_FOLLOWED, SOURCE
from .looks import MEASURES, Change, drift_of, look_of, mean_change
from .sources import EXTENSIONS, SOURCES, jobs

WAYS = (CARRIED, NOT_FOLLOWED)
SHOWN = (1, 2, 4, 8)  # extensions
MEASURED = (*MEASURES, "area")


@dataclass(frozen=True)
class DriftScore:
    """Drift of one source and one way of extending it.

    after: changes of MEASURED since the source, by number of extensions.
    slope: change per extension, the source counted as well; alone: without the source.
    """

    source: str
    way: str
    clips: int
    after: dict[int, tuple[Change, ...]]
    slope: tuple[Change, ...]
    alone: tuple[Change, ...]


def score_drift(pipe: Pipeline, source: str, way: str, *, count: int, seed: int = 0) -> DriftScore:
    """Extend `count` clips of a source EXTENSIONS times in one of WAYS, and measure the drift."""
    work = jobs(pipe, SOURCES[source], count=count, seed=seed)
    frames = torch.cat([CONTINUATIONS[way](pipe, job) for job in work])
    areas = [area_of(part, held_out()[:count]) for part in _parts(pipe, frames)]
    looks = torch.cat([looks_over(pipe, frames), torch.stack(areas, dim=1)[:, None]], dim=1)  # [B 4 1+N]
    after = {
        times: mean_change(looks[:, :, times] - looks[:, :, 0], MEASURED) for times in SHOWN if times <= EXTENSIONS
    }
    slopes = drift_of(looks, MEASURED), drift_of(looks[:, :, 1:], MEASURED)
    return DriftScore(source, way, count, after, *slopes)


def looks_over(pipe: Pipeline, frames: torch.Tensor) -> torch.Tensor:
    """Measure looks of the source and each of N extensions in uint8 clips [B F H W 3]: [B 3 1+N]."""
    return torch.stack([look_of(part) for part in _parts(pipe, frames)], dim=2)


def area_of(clips: torch.Tensor, wanted: Sequence[Attributes]) -> torch.Tensor:
    """Measure the percentage of the frame that the object covers in uint8 clips [B F H W 3] of plain scenes: [B].

    Each pixel is projected on the line from the background's colour to the object's, so edges count in part. A change
    of the background counts too: 0.1 in lightness as about 0.07.
    """
    background = torch.tensor([one.background.rgb for one in wanted])  # [B 3]
    contrast = torch.tensor([one.colour.rgb for one in wanted]) - background
    share = torch.einsum("bfhwc,bc->bfhw", clips.float() / 255 - background[:, None, None, None], contrast)
    return 100 * share.mean(dim=(1, 2, 3)) / contrast.square().sum(dim=1)


def _parts(pipe: Pipeline, frames: torch.Tensor) -> list[torch.Tensor]:
    """Split frames [B F H W 3] into the source and each extension."""
    first = pipe.vae.compression.video_frames(SOURCE)
    return [frames[:, :first], *frames[:, first:].split(ADDED * pipe.vae.compression.time, dim=1)]

"""Extensions against the simulator: how far from its true place a body is, frames after or before the source."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..abilities import extend
from ..pipeline import Pipeline
from ..placement import Placement
from ..shapes import VideoShape
from ..world import Attributes, Style, caption, held_out, render, sample_scenes
from ..world.checks import body_track
from .prompts import BATCH

AHEAD = (8, 16, 32)  # frames from the source
VIDEO = VideoShape(49, 64, 64)
FORWARD_KNOWN, BACKWARD_KNOWN = 17, 16  # frames: whole latents at the beginning, and at the end


@dataclass(frozen=True)
class ExtensionScore:
    """Median distance in pixels from the true place, for each of AHEAD; `still`: that of a body that stops."""

    direction: str
    clips: int
    errors: tuple[float, ...]
    still: tuple[float, ...]


def score_extensions(pipe: Pipeline, *, backward: bool, count: int, seed: int = 0) -> ExtensionScore:
    """Extend `count` true clips of held-out combinations by 32 frames, told what they show."""
    rng = random.Random(seed)
    wanted = held_out()[:count]
    errors, still = [], []
    for first in range(0, count, BATCH):
        part = wanted[first : first + BATCH]
        truth = render(sample_scenes(part, rng), VIDEO, pipe.fps)
        made = _extended(pipe, truth, part, backward=backward, rng=rng, seed=seed + first)
        last = VIDEO.frames - BACKWARD_KNOWN if backward else FORWARD_KNOWN - 1
        moments = [last - ahead if backward else last + ahead for ahead in AHEAD]
        for clip, true in zip(made, truth, strict=True):
            places, true_places = (body_track((side / 2 + 0.5).clamp(0, 1)) for side in (clip, true))
            errors.append((places[moments] - true_places[moments]).norm(dim=1))
            still.append((true_places[last] - true_places[moments]).norm(dim=1))
    medians = [tuple(torch.stack(rows).median(dim=0).values.tolist()) for rows in (errors, still)]
    return ExtensionScore("backward" if backward else "forward", count, *medians)


@torch.no_grad()
def _extended(
    pipe: Pipeline, truth: torch.Tensor, wanted: Sequence[Attributes], *, backward: bool, rng: random.Random, seed: int
) -> torch.Tensor:
    """Clips [B 3 F H W] in -1..1 of which one end is that of `truth`, the rest invented."""
    length = BACKWARD_KNOWN if backward else FORWARD_KNOWN
    first = VIDEO.frames - length if backward else 0
    placement = Placement(first, length, VIDEO.frames, pipe.vae.compression)
    known = placement.known
    pixels = placement.fill(truth[:, :, first : first + length])
    weight = next(pipe.vae.parameters())
    latents = pipe.vae.encode(pixels.to(weight)).float()
    canvas = extend(latents[:, :, known.start : known.stop], before=known.start, after=latents.shape[2] - known.stop)
    text = pipe.encode_text([caption(scene, Style.DESCRIPTIVE, rng) for scene in wanted])
    frames = pipe.decode(pipe.sample_canvas(text, canvas, seed=seed))
    return frames.permute(0, 4, 1, 2, 3).float() / 127.5 - 1

"""Evaluates extensions against the simulator: the object's distance from its true position."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from ..canvas.abilities import extend
from ..canvas.placement import Placement
from ..canvas.shapes import VideoShape
from ..diffusion.options import SamplingOptions
from ..pipeline import Pipeline
from ..world.flat import Style, caption, held_out, render, sample_scenes
from ..world.flat.checks import object_track
from .clip_shapes import clip_of
from .encoding import encode_placed, pixels_of
from .prompts import BATCH
from .replacement import Hold, per_patch

AHEAD = (8, 16, 32)  # frames after, or before, the source
FRAMES = 49
FORWARD_KNOWN, BACKWARD_KNOWN = 17, 16  # known frames: whole latents at the start, and at the end
SAMPLING = SamplingOptions()


@dataclass(frozen=True)
class ExtensionScore:
    """Median distance in pixels from the true position, for each of AHEAD. still: that of an object that stops."""

    direction: str
    clips: int
    errors: tuple[float, ...]
    still: tuple[float, ...]


class TrueClips(NamedTuple):
    """A batch of rendered clips. pixels: [B 3 F H W] in -1..1. prompts: their captions. seed: for sampling."""

    pixels: torch.Tensor
    prompts: list[str]
    seed: int


def score_extensions(pipe: Pipeline, *, backward: bool, count: int, seed: int = 0) -> ExtensionScore:
    """Extend `count` true clips of held-out combinations by 32 frames, with their captions as prompts."""
    length = BACKWARD_KNOWN if backward else FORWARD_KNOWN
    source = Placement(FRAMES - length if backward else 0, length, FRAMES, pipe.vae.compression)
    last = source.first if backward else length - 1
    moments = [last - ahead if backward else last + ahead for ahead in AHEAD]
    errors, still = [], []
    for clips in true_clips(clip_of(pipe, FRAMES), pipe.fps, count=count, seed=seed):
        made, true = object_positions(extended(pipe, clips, source)), object_positions(clips.pixels)  # [B F 2]
        errors.append((made[:, moments] - true[:, moments]).norm(dim=2))
        still.append((true[:, last, None] - true[:, moments]).norm(dim=2))
    medians = [tuple(torch.cat(rows).median(dim=0).values.tolist()) for rows in (errors, still)]
    return ExtensionScore("backward" if backward else "forward", count, *medians)


def true_clips(video: VideoShape, fps: float, *, count: int, seed: int) -> Iterator[TrueClips]:
    """Render `count` clips of held-out combinations, in batches."""
    rng = random.Random(seed)
    for first in range(0, count, BATCH):
        wanted = held_out()[first : min(first + BATCH, count)]
        pixels = render(sample_scenes(wanted, rng), video, fps)
        yield TrueClips(pixels, [caption(scene, Style.DESCRIPTIVE, rng) for scene in wanted], seed + first)


def extended(pipe: Pipeline, clips: TrueClips, source: Placement, hold: Hold = per_patch) -> torch.Tensor:
    """Generate clips [B 3 F H W] in -1..1 from the frames of `clips` at `source`. hold: how known latents are kept."""
    known = source.known
    latents = encode_placed(pipe, clips.pixels[:, :, source.first : source.first + source.length], source)
    total = pipe.vae.compression.latent_frames(source.frames)
    canvas = extend(latents, before=known.start, after=total - known.stop)
    text = pipe.encode_text(clips.prompts)
    return pixels_of(pipe.decode(hold(pipe, text, canvas, seed=clips.seed, sampling=SAMPLING)))


def object_positions(clips: Sequence[torch.Tensor] | torch.Tensor) -> torch.Tensor:
    """Measure the centre of the object in clips [B 3 F H W] in -1..1: [B F 2] in pixels."""
    return torch.stack([object_track((clip / 2 + 0.5).clamp(0, 1)) for clip in clips])

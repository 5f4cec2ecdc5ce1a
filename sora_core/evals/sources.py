"""Clips to go on from, with the prompts that name them: such as the model makes itself, and true ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from typing import NamedTuple

import torch

from ..canvas.shapes import VideoShape
from ..diffusion.options import SamplingOptions
from ..pipeline import Pipeline
from ..world.flat import Attributes, Style, caption, held_out, render, sample_scenes
from .clip_shapes import clip_of
from .continuations import SAMPLING, SOURCE, Job
from .encoding import encode

BATCH = 8
EXTENSIONS = 8


class Prompted(NamedTuple):
    """A batch of held-out combinations, the prompts that name them, and the seed of what is made of them.

    latents: how many latent frames the source has.
    """

    wanted: list[Attributes]
    prompts: list[str]
    seed: int
    latents: int = SOURCE


Source = Callable[[Pipeline, Prompted], torch.Tensor]
"""-> latents [B C T H W] of the clips that are extended"""


def prompted(count: int, seed: int, lengths: Sequence[int] = (SOURCE,)) -> Iterator[Prompted]:
    """Held-out combinations in batches, of BATCH at most, whose sources have these lengths in turn."""
    rng = random.Random(seed)
    size = min(BATCH, -(-count // len(lengths)))
    for first, length in zip(range(0, count, size), cycle(lengths), strict=False):
        wanted = held_out()[first : min(first + size, count)]
        prompts = [caption(scene, Style.DESCRIPTIVE, rng) for scene in wanted]
        yield Prompted(wanted, prompts, seed + first, length)


def video_of(pipe: Pipeline, latents: int) -> VideoShape:
    """The clip of so many latent frames, at the model's first size."""
    return clip_of(pipe, pipe.vae.compression.video_frames(latents))


def made(pipe: Pipeline, part: Prompted, *, sampling: SamplingOptions) -> torch.Tensor:
    """Clips that the model makes. See Source."""
    text = pipe.encode_text(part.prompts)
    return pipe.sample_latents(text, video_of(pipe, part.latents), seed=part.seed, sampling=sampling)


def drawn(pipe: Pipeline, part: Prompted) -> torch.Tensor:
    """True clips, encoded. See Source."""
    scenes = sample_scenes(part.wanted, random.Random(part.seed))
    return encode(pipe, render(scenes, video_of(pipe, part.latents), pipe.fps))


SOURCES: dict[str, Source] = {
    "made as it is extended": partial(made, sampling=SAMPLING),
    "made with guidance": partial(made, sampling=SamplingOptions()),
    "true": drawn,
}


def jobs(pipe: Pipeline, source: Source, *, count: int, seed: int, lengths: Sequence[int] = (SOURCE,)) -> Iterator[Job]:
    """The source's clips with their texts, in batches as `prompted` has them, to be extended EXTENSIONS times."""
    for part in prompted(count, seed, lengths):
        text = pipe.encode_text(part.prompts)
        yield Job(text, source(pipe, part), EXTENSIONS, seed + 1000 * (part.seed - seed + 1))

"""Evaluates seams: how much frames jump at the start of an extension, relative to other frames.

A ratio of 1 is a seam that cannot be told from the rest; seamless clips show how much it varies by chance. A seam is
between two latent frames, where any VAE's frames jump a little, so it is compared with other such frames. Sources have
several lengths, so that seams do not coincide with bounces.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ..canvas.abilities import loop
from ..canvas.placement import Placement
from ..pipeline import Pipeline
from ..video.joining import close_loop
from ..world.flat import render, sample_scenes
from .continuations import ADDED, CONTINUATIONS, SAMPLING, SOURCE
from .drift import looks_over
from .encoding import encode, encode_placed, pixels_of
from .looks import Change, drift_of
from .sources import EXTENSIONS, SOURCES, jobs, prompted, video_of
from .steps import Ratios, ratios_at, ratios_at_turn

OWN = SOURCES["made with guidance"]  # as users make clips, with the default SamplingOptions
HEAD = 2  # latent frames at the end of a loop that repeat its start
LENGTHS = tuple(SOURCE + longer for longer in range(ADDED))  # latent frames of sources: seams at every phase
LOOPS = (2, 4, 0)  # latent frames generated to close a loop: few, enough to turn, and none


@dataclass(frozen=True)
class SeamScore:
    """Score of one way to extend a clip or to close a loop.

    first, every: at the first seam, and at all seams. drift: change of the look per extension.
    """

    way: str
    clips: int
    first: Ratios
    every: Ratios | None = None
    drift: tuple[Change, ...] = ()


def score_seams(pipe: Pipeline, way: str, *, count: int, seed: int = 0) -> SeamScore:
    """Extend `count` clips of held-out combinations EXTENSIONS times, and measure the seams."""
    work = jobs(pipe, OWN, count=count, seed=seed, lengths=LENGTHS)
    frames = [_from_source(pipe, CONTINUATIONS[way](pipe, job), job.latents.shape[2]) for job in work]
    return _score(pipe, way, torch.cat(frames))


def score_seamless(pipe: Pipeline, kind: str, *, count: int, seed: int = 0) -> SeamScore:
    """Measure the same at the same frames of clips without a seam."""
    return _score(pipe, kind, SEAMLESS[kind](pipe, count, seed))


def _score(pipe: Pipeline, way: str, frames: torch.Tensor) -> SeamScore:
    """Score uint8 clips [B F H W 3] with a seam after SOURCE latents and after every ADDED more."""
    time = pipe.vae.compression.time
    first, added = pipe.vae.compression.video_frames(SOURCE), ADDED * time
    at_first = ratios_at(frames[:, : first + added], [first], time)
    seams = list(range(first, frames.shape[1], added))
    if len(seams) == 1:
        return SeamScore(way, len(frames), at_first)
    return SeamScore(way, len(frames), at_first, ratios_at(frames, seams, time), drift_of(looks_over(pipe, frames)))


def in_one_piece(pipe: Pipeline, count: int, seed: int) -> torch.Tensor:
    """Generate uint8 clips [B F H W 3] of SOURCE + ADDED latents from the same prompts in one piece."""
    clips = []
    for part in prompted(count, seed, LENGTHS):
        video, text = video_of(pipe, part.latents + ADDED), pipe.encode_text(part.prompts)
        made = pipe.sample_latents(text, video, seed=part.seed, sampling=SAMPLING)
        clips.append(_from_source(pipe, pipe.decode(made), part.latents))
    return torch.cat(clips)


def true_clips(pipe: Pipeline, count: int, seed: int) -> torch.Tensor:
    """Render clips of the same combinations, as long as the extended ones, through the VAE: uint8 [B F H W 3]."""
    rng, clips = random.Random(seed), []
    for part in prompted(count, seed, LENGTHS):
        video = video_of(pipe, part.latents + EXTENSIONS * ADDED)
        drawn = encode(pipe, render(sample_scenes(part.wanted, rng), video, pipe.fps))
        clips.append(_from_source(pipe, pipe.decode(drawn), part.latents))
    return torch.cat(clips)


SEAMLESS: dict[str, Callable[[Pipeline, int, int], torch.Tensor]] = {
    "no seam: made in one piece": in_one_piece,
    "no seam: true, through the VAE": true_clips,
}


def _from_source(pipe: Pipeline, frames: torch.Tensor, latents: int) -> torch.Tensor:
    """Drop the first frames of clips [B F H W 3] so that SOURCE of their source's `latents` remain."""
    return frames[:, (latents - SOURCE) * pipe.vae.compression.time :]


def score_loop(pipe: Pipeline, *, between: int, count: int, seed: int = 0) -> SeamScore:
    """Close clips to loops with `between` generated latent frames, or by repeating; the seam is the turn."""
    time, turns = pipe.vae.compression.time, []
    for job in jobs(pipe, OWN, count=count, seed=seed):
        latents, frames = job.latents, pipe.vae.compression.video_frames(SOURCE + between)
        if between:
            placed = Placement(frames, HEAD * time, frames + HEAD * time, pipe.vae.compression)
            head = encode_placed(pipe, pixels_of(pipe.decode(latents)[:, : placed.length]), placed)
            canvas = loop(latents, head, between)
            latents = pipe.sample_canvas(job.text, canvas, seed=job.seed, sampling=SAMPLING)
        decoded = pipe.decode(latents).float()
        again = [torch.stack(list(close_loop(clip, frames, len(clip) - frames))) for clip in decoded]
        turn = torch.stack(again).round().to(torch.uint8)
        turns.append(torch.cat([turn, turn[:, :2]], dim=1))
    clips = torch.cat(turns)
    way = f"loop closed by {between * time} frames" if between else "played again"
    return SeamScore(way, count, ratios_at_turn(clips, time))

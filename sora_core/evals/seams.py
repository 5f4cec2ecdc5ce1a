"""Seams: what jumps where an extension begins, as a ratio to the inside of the clips, and what drifts over many.

A ratio of 1 is a seam that cannot be told from any other pair of frames; clips that have no seam say what chance and
bounces give at its frame. Drift is measured with its sign, for a distance from the start grows by chance alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch

from ..abilities import loop
from ..pipeline import Pipeline
from ..placement import Placement
from ..world import render, sample_scenes
from .continuations import ADDED, CONTINUATIONS, SAMPLING, SOURCE
from .drift import looks_over
from .encoding import encode, encode_placed, pixels_of
from .extensions import body_places
from .intervals import Interval, ratio_of_means
from .looks import Change, drift_of, lab
from .sources import EXTENSIONS, SOURCES, jobs, prompted, video_of

OWN = SOURCES["made as it is extended"]  # of another look there would be a step in colour at the first seam
HEAD = 2  # latent frames of a loop that are its beginning once more
LOOPS = (2, 4, 0)  # latent frames that are invented to close a loop: few, time to turn, and none


class Steps(NamedTuple):
    """How clips change from frame to frame. colour, flicker: [B F-1]; motion: [B F-2], second differences.

    colour: Lab distance of the mean colours; flicker: mean change of a value in 0..255; motion: pixels.
    """

    colour: torch.Tensor
    flicker: torch.Tensor
    motion: torch.Tensor


class Ratios(NamedTuple):
    """What Steps are at seams, to what they are inside."""

    colour: Interval
    flicker: Interval
    motion: Interval


@dataclass(frozen=True)
class SeamScore:
    """One way to go on, or to close a loop. first, every: at the first seam, and at all. drift: for each extension."""

    way: str
    clips: int
    first: Ratios
    every: Ratios | None = None
    drift: tuple[Change, ...] = ()


def score_seams(pipe: Pipeline, way: str, *, count: int, seed: int = 0) -> SeamScore:
    """Extend `count` clips of held-out combinations EXTENSIONS times."""
    frames = torch.cat([CONTINUATIONS[way](pipe, job) for job in jobs(pipe, OWN, count=count, seed=seed)])
    return _score(pipe, way, frames)


def score_seamless(pipe: Pipeline, kind: str, *, count: int, seed: int = 0) -> SeamScore:
    """The same measures at the same frames of clips that have no seam there."""
    return _score(pipe, kind, SEAMLESS[kind](pipe, count, seed))


def _score(pipe: Pipeline, way: str, frames: torch.Tensor) -> SeamScore:
    """Of uint8 clips [B F H W 3] with a seam after SOURCE latents and after every ADDED more, as many as there are."""
    first, added = pipe.vae.compression.video_frames(SOURCE), ADDED * pipe.vae.compression.time
    at_first = ratios_at(frames[:, : first + added], [first])
    seams = list(range(first, frames.shape[1], added))
    if len(seams) == 1:
        return SeamScore(way, len(frames), at_first)
    return SeamScore(way, len(frames), at_first, ratios_at(frames, seams), drift_of(looks_over(pipe, frames)))


def in_one_piece(pipe: Pipeline, count: int, seed: int) -> torch.Tensor:
    """uint8 clips [B F H W 3] of SOURCE + ADDED latents that the model makes of the same prompts at once."""
    video = video_of(pipe, SOURCE + ADDED)
    made = [
        pipe.sample_latents(pipe.encode_text(part.prompts), video, seed=part.seed, sampling=SAMPLING)
        for part in prompted(count, seed)
    ]
    return torch.cat([pipe.decode(latents) for latents in made])


def true_clips(pipe: Pipeline, count: int, seed: int) -> torch.Tensor:
    """uint8 clips [B F H W 3] of the same combinations, as long as the extended ones, as the VAE gives them back."""
    rng = random.Random(seed)
    video = video_of(pipe, SOURCE + EXTENSIONS * ADDED)
    drawn = [render(sample_scenes(part.wanted, rng), video, pipe.fps) for part in prompted(count, seed)]
    return torch.cat([pipe.decode(encode(pipe, pixels)) for pixels in drawn])


SEAMLESS: dict[str, Callable[[Pipeline, int, int], torch.Tensor]] = {
    "no seam: made in one piece": in_one_piece,
    "no seam: true, through the VAE": true_clips,
}


def score_loop(pipe: Pipeline, *, between: int, count: int, seed: int = 0) -> SeamScore:
    """Clips that are closed by `between` invented latent frames, or merely played again; the seam is the turn."""
    time, turns = pipe.vae.compression.time, []
    for job in jobs(pipe, OWN, count=count, seed=seed):
        latents, frames = job.latents, pipe.vae.compression.video_frames(SOURCE + between)
        if between:
            place = Placement(frames, HEAD * time, frames + HEAD * time, pipe.vae.compression)
            head = encode_placed(pipe, pixels_of(pipe.decode(latents)[:, : place.length]), place)
            canvas = loop(latents, head, between)
            latents = pipe.sample_canvas(job.text, canvas, seed=job.seed, sampling=SAMPLING)
        turn = pipe.decode(latents)[:, :frames]
        turns.append(torch.cat([turn, turn[:, :2]], dim=1))
    clips = torch.cat(turns)
    way = f"loop closed by {between * time} frames" if between else "played again"
    return SeamScore(way, count, ratios_at(clips, [clips.shape[1] - 2]))


def ratios_at(clips: torch.Tensor, seams: list[int]) -> Ratios:
    """Of uint8 clips [B F H W 3] at the seams before these frames; two second differences cross each of them."""
    colour, flicker, motion = steps_of(clips)
    across = [seam - 1 for seam in seams]
    both = [at for seam in seams for at in (seam - 2, seam - 1)]
    return Ratios(_ratio(colour, across), _ratio(flicker, across), _ratio(motion, both))


def steps_of(frames: torch.Tensor) -> Steps:
    """Measure uint8 clips [B F H W 3]."""
    colour = lab(frames).mean(dim=(3, 4)).diff(dim=1).norm(dim=2)
    flicker = frames.float().diff(dim=1).abs().mean(dim=(2, 3, 4))
    return Steps(colour, flicker, body_places(pixels_of(frames)).diff(n=2, dim=1).norm(dim=2))


def _ratio(values: torch.Tensor, at: list[int]) -> Interval:
    """Mean over clips [B N] of what is at the seams, to the mean of all that is not."""
    is_seam = torch.zeros(values.shape[1], dtype=torch.bool)
    is_seam[at] = True
    return ratio_of_means(values[:, is_seam].mean(dim=1), values[:, ~is_seam].mean(dim=1))

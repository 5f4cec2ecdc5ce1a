"""Seams: what jumps where an extension begins, as a ratio to the inside of the clips, and what drifts over many.

A ratio of 1 is a seam that cannot be told from the inside; clips without any say what chance gives at its frame. A seam
lies between two latent frames, where any VAE's frames jump a little: it is compared with the other such places. Sources
have several lengths, else seams would lie where bodies bounce. Drift has its sign: a distance grows by chance alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch

from ..canvas.abilities import loop
from ..canvas.placement import Placement
from ..pipeline import Pipeline
from ..video.joining import closed
from ..world import render, sample_scenes
from .continuations import ADDED, CONTINUATIONS, SAMPLING, SOURCE
from .drift import looks_over
from .encoding import encode, encode_placed, pixels_of
from .extensions import body_places
from .intervals import Interval, ratio_of_means
from .looks import Change, drift_of, lab
from .sources import EXTENSIONS, SOURCES, jobs, prompted, video_of

OWN = SOURCES["made with guidance"]  # as users make them, who leave Sampling as it is
HEAD = 2  # latent frames of a loop that are its beginning once more
LENGTHS = tuple(SOURCE + longer for longer in range(ADDED))  # latent frames of sources: seams at every phase
LOOPS = (2, 4, 0)  # latent frames that are invented to close a loop: few, time to turn, and none


class Steps(NamedTuple):
    """How clips change from frame to frame. colour, flicker: [B F-1]; motion: [B F-2], second differences.

    colour: Lab distance of the mean colours; flicker: mean change of a value in 0..255; motion: pixels.
    """

    colour: torch.Tensor
    flicker: torch.Tensor
    motion: torch.Tensor


class Ratios(NamedTuple):
    """What Steps are at seams, to what they are at like places without one."""

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
    work = jobs(pipe, OWN, count=count, seed=seed, lengths=LENGTHS)
    frames = [_from_source(pipe, CONTINUATIONS[way](pipe, job), job.latents.shape[2]) for job in work]
    return _score(pipe, way, torch.cat(frames))


def score_seamless(pipe: Pipeline, kind: str, *, count: int, seed: int = 0) -> SeamScore:
    """The same measures at the same frames of clips that have no seam there."""
    return _score(pipe, kind, SEAMLESS[kind](pipe, count, seed))


def _score(pipe: Pipeline, way: str, frames: torch.Tensor) -> SeamScore:
    """Of uint8 clips [B F H W 3] with a seam after SOURCE latents and after every ADDED more, as many as there are."""
    time = pipe.vae.compression.time
    first, added = pipe.vae.compression.video_frames(SOURCE), ADDED * time
    at_first = ratios_at(frames[:, : first + added], [first], time)
    seams = list(range(first, frames.shape[1], added))
    if len(seams) == 1:
        return SeamScore(way, len(frames), at_first)
    return SeamScore(way, len(frames), at_first, ratios_at(frames, seams, time), drift_of(looks_over(pipe, frames)))


def in_one_piece(pipe: Pipeline, count: int, seed: int) -> torch.Tensor:
    """uint8 clips [B F H W 3] of SOURCE + ADDED latents' worth that the model makes of the same prompts at once."""
    clips = []
    for part in prompted(count, seed, LENGTHS):
        video, text = video_of(pipe, part.latents + ADDED), pipe.encode_text(part.prompts)
        made = pipe.sample_latents(text, video, seed=part.seed, sampling=SAMPLING)
        clips.append(_from_source(pipe, pipe.decode(made), part.latents))
    return torch.cat(clips)


def true_clips(pipe: Pipeline, count: int, seed: int) -> torch.Tensor:
    """uint8 clips [B F H W 3] of the same combinations, as long as the extended ones, as the VAE gives them back."""
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
    """Clips [B F H W 3] whose source has so many latent frames, from where SOURCE of them are left."""
    return frames[:, (latents - SOURCE) * pipe.vae.compression.time :]


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
        decoded = pipe.decode(latents).float()
        again = [torch.stack(list(closed(clip, frames, len(clip) - frames))) for clip in decoded]
        turn = torch.stack(again).round().to(torch.uint8)
        turns.append(torch.cat([turn, turn[:, :2]], dim=1))
    clips = torch.cat(turns)
    way = f"loop closed by {between * time} frames" if between else "played again"
    return SeamScore(way, count, ratios_at_turn(clips, time))


def ratios_at(clips: torch.Tensor, seams: list[int], time: int) -> Ratios:
    """Of uint8 clips [B F H W 3] at the seams before these frames; two second differences cross each of them.

    time: frames of a latent frame, which begins at each seam.
    """
    across = {(seam - 1) % time for seam in seams}
    return _ratios(steps_of(clips), seams, across, across | {(seam - 2) % time for seam in seams}, time)


def ratios_at_turn(clips: torch.Tensor, time: int) -> Ratios:
    """Of loops in uint8 [B F H W 3] that end with their first two frames again; they turn inside a latent frame.

    Compared with all changes that lie inside one, of `time` frames. A loop begins with a latent frame's last frame: the
    later second difference across the turn also crosses into the next one: half of those it is compared with do.
    """
    turn, (colour, flicker, motion) = clips.shape[1] - 2, steps_of(clips)
    once = Steps(colour[:, :turn], flicker[:, :turn], motion)  # the change after the turn is the first one again
    return _ratios(once, [turn], set(range(1, time)), {time - 2, time - 1}, time)


def steps_of(frames: torch.Tensor) -> Steps:
    """Measure uint8 clips [B F H W 3]."""
    colour = lab(frames).mean(dim=(3, 4)).diff(dim=1).norm(dim=2)
    flicker = frames.float().diff(dim=1).abs().mean(dim=(2, 3, 4))
    return Steps(colour, flicker, body_places(pixels_of(frames)).diff(n=2, dim=1).norm(dim=2))


def _ratios(steps: Steps, seams: list[int], phases: set[int], motion_phases: set[int], time: int) -> Ratios:
    """phases: places in a latent frame of the changes to compare with; motion_phases: of second differences."""
    across = [seam - 1 for seam in seams]
    both = [at for seam in seams for at in (seam - 2, seam - 1)]
    return Ratios(
        _ratio(steps.colour, across, phases, time),
        _ratio(steps.flicker, across, phases, time),
        _ratio(steps.motion, both, motion_phases, time),
    )


def _ratio(values: torch.Tensor, at: list[int], phases: set[int], time: int) -> Interval:
    """Mean over clips [B N] of what is at the seams, to the mean of all else at these places in a latent frame."""
    is_seam, is_alike = torch.zeros(2, values.shape[1], dtype=torch.bool)
    is_seam[at] = True
    for phase in phases:
        is_alike[phase::time] = True
    return ratio_of_means(values[:, is_seam].mean(dim=1), values[:, is_alike & ~is_seam].mean(dim=1))

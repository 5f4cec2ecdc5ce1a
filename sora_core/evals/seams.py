"""Seams: what jumps where an extension begins, as a ratio to the inside of the clips, and what drifts over many.

A ratio of 1 is a seam that cannot be told from any other pair of frames. Drift is measured with its sign, for a
distance from the start grows by chance alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import NamedTuple

import torch
from kornia.color import rgb_to_lab

from ..abilities import loop
from ..pipeline import Pipeline, Sampling
from ..shapes import VideoShape
from ..world import Style, caption, held_out
from ..world.checks import body_track
from .continuations import ADDED, CONTINUATIONS, SAMPLING, SOURCE, Job, encode_frames

BATCH = 8
SIZE = 64  # pixels
EXTENSIONS = 8
START = Sampling()  # of the clips that are extended
HEAD, BETWEEN = 2, 2  # latent frames of a loop


class Steps(NamedTuple):
    """How clips change from frame to frame. colour, flicker: [B F-1]; motion: [B F-2], second differences.

    colour: Lab distance of the mean colours; flicker: mean change of a value in 0..255; motion: pixels.
    """

    colour: torch.Tensor
    flicker: torch.Tensor
    motion: torch.Tensor


@dataclass(frozen=True)
class SeamScore:
    """One way to go on. colour, flicker, motion: seam to inside. drift: for each further extension."""

    way: str
    clips: int
    colour: float
    flicker: float
    motion: float
    drift: tuple[Change, ...]


@dataclass(frozen=True)
class Change:
    """Mean change of one measure over clips, with the half width of its 95 % interval."""

    measure: str
    mean: float
    margin: float


@dataclass(frozen=True)
class LoopScore:
    """The step from the last frame of a turn to the first, to the inside of the loop."""

    way: str
    clips: int
    colour: float
    flicker: float
    motion: float


def score_seams(pipe: Pipeline, way: str, *, count: int, seed: int = 0) -> SeamScore:
    """Extend `count` clips of held-out combinations EXTENSIONS times; the first seam is the one that is judged."""
    frames = torch.cat([CONTINUATIONS[way](pipe, job) for job in _jobs(pipe, count, seed)])
    first = pipe.vae.compression.video_frames(SOURCE)
    added = ADDED * pipe.vae.compression.time
    steps = steps_of(frames[:, : first + added])
    colour, flicker, motion = (_ratio(values, at) for values, at in zip(steps, _at(first), strict=True))
    segments = [frames[:, :first], *frames[:, first:].split(added, dim=1)]
    return SeamScore(way, count, colour, flicker, motion, drift_of(segments))


@torch.no_grad()
def score_loop(pipe: Pipeline, *, closed: bool, count: int, seed: int = 0) -> LoopScore:
    """Clips that are closed by invented frames, or merely played again."""
    turns = []
    for job in _jobs(pipe, count, seed):
        latents, frames = job.latents, pipe.vae.compression.video_frames(SOURCE)
        if closed:
            head = _as_in_place(pipe, pipe.decode(latents), SOURCE + BETWEEN)
            canvas = loop(latents, head, BETWEEN)
            latents = pipe.sample_canvas(job.text, canvas, seed=job.seed, sampling=SAMPLING)
            frames += BETWEEN * pipe.vae.compression.time
        turn = pipe.decode(latents)[:, :frames]
        turns.append(torch.cat([turn, turn[:, :2]], dim=1))
    clips = torch.cat(turns)
    ratios = [_ratio(values, at) for values, at in zip(steps_of(clips), _at(clips.shape[1] - 2), strict=True)]
    return LoopScore("closed by Sora Loop" if closed else "played again", count, *ratios)


def steps_of(frames: torch.Tensor) -> Steps:
    """Measure uint8 clips [B F H W 3]."""
    colour = _lab(frames).mean(dim=(3, 4)).diff(dim=1).norm(dim=2)
    flicker = frames.float().diff(dim=1).abs().mean(dim=(2, 3, 4))
    track = torch.stack([body_track(clip.movedim(-1, 0).float() / 255) for clip in frames])  # [B F 2]
    return Steps(colour, flicker, track.diff(n=2, dim=1).norm(dim=2))


def drift_of(segments: list[torch.Tensor]) -> tuple[Change, ...]:
    """Slopes of the look over segments of clips, uint8 [B f H W 3] each."""
    values = torch.stack([look_of(segment) for segment in segments], dim=2)  # [B 3 segments]
    time = torch.arange(len(segments), dtype=torch.float32)
    time = time - time.mean()
    return mean_change((values * time).sum(dim=2) / time.square().sum())


def look_of(clips: torch.Tensor) -> torch.Tensor:
    """uint8 clips [B F H W 3] -> [B 3]: mean lightness, mean chroma, and contrast, in units of Lab."""
    lab = _lab(clips)  # [B F 3 H W]
    light, chroma = lab[:, :, 0], lab[:, :, 1:].norm(dim=2)
    return torch.stack(
        [light.mean(dim=(1, 2, 3)), chroma.mean(dim=(1, 2, 3)), light.std(dim=(2, 3)).mean(dim=1)], dim=1
    )


def mean_change(changes: torch.Tensor) -> tuple[Change, ...]:
    """Changes [B 3] of the looks of clips, over the clips."""
    margins = 1.96 * changes.std(dim=0) / len(changes) ** 0.5
    rows = zip(("lightness", "chroma", "contrast"), changes.mean(dim=0).tolist(), margins.tolist(), strict=True)
    return tuple(Change(*row) for row in rows)


def _jobs(pipe: Pipeline, count: int, seed: int) -> list[Job]:
    """Clips of held-out combinations with their texts, in batches."""
    rng = random.Random(seed)
    wanted, jobs = held_out()[:count], []
    video = VideoShape(pipe.vae.compression.video_frames(SOURCE), SIZE, SIZE)
    for first in range(0, count, BATCH):
        part = wanted[first : first + BATCH]
        text = pipe.encode_text([caption(scene, Style.DESCRIPTIVE, rng) for scene in part])
        latents = pipe.sample_latents(text, video, seed=seed + first, sampling=START)
        jobs.append(Job(text, latents, EXTENSIONS, seed + 1000 * (first + 1)))
    return jobs


def _at(seam: int) -> tuple[slice, slice, slice]:
    """Which steps of Steps cross the seam before frame `seam`; two of the second differences do."""
    return slice(seam - 1, seam), slice(seam - 1, seam), slice(seam - 2, seam)


def _ratio(values: torch.Tensor, at: slice) -> float:
    """Mean over clips of what is at the seam, to the mean of all that is not."""
    inside = torch.cat([values[:, : at.start], values[:, at.stop :]], dim=1)
    return (values[:, at].mean() / inside.mean()).item()


def _lab(frames: torch.Tensor) -> torch.Tensor:
    """uint8 [B F H W 3] -> Lab [B F 3 H W]."""
    return rgb_to_lab(frames.movedim(-1, 2).float() / 255)


def _as_in_place(pipe: Pipeline, frames: torch.Tensor, first: int) -> torch.Tensor:
    """Latents of a clip's first frames as they are in mid-canvas, from latent frame `first` on."""
    time = pipe.vae.compression.time
    lead = frames[:, :1].expand(-1, 1 + time * (first - 1), -1, -1, -1)
    return encode_frames(pipe, torch.cat([lead, frames[:, : time * HEAD]], dim=1))[:, :, first:]

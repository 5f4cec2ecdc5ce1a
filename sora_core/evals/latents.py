"""Evaluates the causal VAE at its latent frames: variance, and changes between and inside them."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from ..pipeline import Pipeline
from ..world.flat import render, sample_scenes
from .encoding import encode
from .sources import prompted, video_of
from .steps import Steps, steps_of

FRAMES = 9  # latent frames of a clip


@dataclass(frozen=True)
class LatentScore:
    """Score of a VAE.

    variance: variance of the latents, for each latent frame.
    between, inside: mean of steps.Steps of decoded frames between two latent frames, and inside one.
    """

    clips: int
    variance: tuple[float, ...]
    between: tuple[float, float, float]
    inside: tuple[float, float, float]


def score_latents(pipe: Pipeline, *, count: int, seed: int = 0) -> LatentScore:
    """Encode, decode and measure `count` true clips of held-out combinations."""
    latents, frames = [], []
    for part in prompted(count, seed):
        scenes = sample_scenes(part.wanted, random.Random(part.seed))
        latents.append(encode(pipe, render(scenes, video_of(pipe, FRAMES), pipe.fps)))
        frames.append(pipe.decode(latents[-1]))
    variance = torch.cat(latents).var(dim=(0, 1, 3, 4)).tolist()
    between, inside = split_steps(steps_of(torch.cat(frames)), pipe.vae.compression.time)
    return LatentScore(count, tuple(variance), between, inside)


def split_steps(steps: Steps, time: int) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Average the steps between latent frames of `time` pixel frames, and those inside one.

    The first pixel frame is its own latent frame. Two second differences cross each border.
    """
    between, inside = [], []
    for values, crossing in ((steps.colour, {0}), (steps.flicker, {0}), (steps.motion, {0, time - 1})):
        crosses = torch.tensor([at % time in crossing for at in range(values.shape[1])])
        between.append(float(values[:, crosses].mean()))
        inside.append(float(values[:, ~crosses].mean()))
    return (between[0], between[1], between[2]), (inside[0], inside[1], inside[2])

"""Evaluates the calibration of one denoising step: the size of the estimate of clean latents.

The slope of the true latents on the estimate should be 1. Below 1 the model overshoots, above 1 it undershoots.
"""

from __future__ import annotations

import random

import torch

from ..diffusion.flow import add_noise
from ..diffusion.sampler import initial_noise
from ..pipeline import Pipeline
from ..world.flat import render, sample_scenes
from .continuations import ADDED, SAMPLING, SOURCE
from .encoding import encode
from .sources import prompted, video_of

LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


@torch.no_grad()
def score_calibration(pipe: Pipeline, *, count: int, seed: int = 0) -> dict[float, float]:
    """Compute the slope at each noise level, over the ADDED unknown latent frames of `count` true clips."""
    true: list[torch.Tensor] = []
    estimates: dict[float, list[torch.Tensor]] = {level: [] for level in LEVELS}
    for part in prompted(count, seed):
        scenes = sample_scenes(part.wanted, random.Random(part.seed))
        latents = encode(pipe, render(scenes, video_of(pipe, SOURCE + ADDED), pipe.fps))
        noise = initial_noise(latents.shape, part.seed).to(latents)
        guider = pipe.guider(pipe.encode_text(part.prompts), SAMPLING)
        true.append(latents[:, :, SOURCE:])
        for level, found in estimates.items():
            levels = torch.zeros(latents.shape[0], latents.shape[2]).to(latents)  # [B T]
            levels[:, SOURCE:] = level
            noisy = add_noise(latents, noise, levels[:, None, :, None, None])
            clean = noisy - level * guider(noisy, levels)
            found.append(clean[:, :, SOURCE:])
    return {level: slope_of(torch.cat(true), torch.cat(found)) for level, found in estimates.items()}


def slope_of(true: torch.Tensor, estimate: torch.Tensor) -> float:
    """Regress true values on their estimates, of any shape; returns the slope."""
    true, estimate = true - true.mean(), estimate - estimate.mean()
    return float((true * estimate).sum() / estimate.square().sum())

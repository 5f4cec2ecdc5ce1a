"""Evaluates the VAE: PSNR of reconstructed clips of held-out combinations."""

from __future__ import annotations

import random

import torch

from ..canvas.shapes import VideoShape
from ..models.wan.vae import VideoVAE
from ..world.flat import held_out, render, sample_scenes

BATCH = 10


def psnr(output: torch.Tensor, target: torch.Tensor) -> float:
    """Compute the peak signal-to-noise ratio in dB of pixels in -1..1, over all elements."""
    error = (output.clamp(-1, 1) - target).square().mean()
    return float(10 * torch.log10(4.0 / error.clamp(min=1e-10)))


def score_reconstruction(vae: VideoVAE, video: VideoShape, *, fps: float, count: int, seed: int = 0) -> float:
    """Compute the mean over clips of each clip's PSNR in dB, for `count` held-out combinations."""
    rng = random.Random(seed)
    wanted = held_out()[:count]
    scores: list[float] = []
    for first in range(0, count, BATCH):
        clips = render(sample_scenes(wanted[first : first + BATCH], rng), video, fps)
        scores += clip_psnrs(vae, clips)
    return sum(scores) / len(scores)


@torch.no_grad()
def clip_psnrs(vae: VideoVAE, clips: torch.Tensor) -> list[float]:
    """Encode and decode clips [B 3 F H W] in -1..1; returns the PSNR in dB of each."""
    decoded = vae.decode(vae.encode(clips.to(next(vae.parameters())))).to(clips)
    return [psnr(output, clip) for output, clip in zip(decoded, clips, strict=True)]

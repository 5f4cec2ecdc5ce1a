"""LatentPools: makes the pools of a run's clips as latents of a trained VAE."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from ..canvas.shapes import LatentShape, VideoShape
from ..models.wan.vae import VideoVAE
from . import distributed
from .clip_pool import ClipPool, Refresh
from .clip_source import ClipSource
from .precision import call_in, training_dtype
from .run import Kept, Run

Shapes = Sequence[tuple[VideoShape, float]]
"""Shapes of clips with their weights."""
Pools = list[tuple[ClipPool[Any], float]]
"""Pools of each shape, with the shape's weight."""


class _Mean(nn.Module):
    """The VAE's encoder as a module, for precision.call_in."""

    def __init__(self, vae: VideoVAE) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.vae.encode(pixels)


class LatentPools:
    """Makes pools of encoded clips. batch: how many clips of a shape of latents a step of this process has."""

    def __init__(self, run: Run, vae: VideoVAE, batch: Callable[[LatentShape], int]) -> None:
        self.run, self.vae, self.batch, self.dtype = run, vae, batch, training_dtype(run.device)
        self._depends_on = f", VAE {fingerprint(vae)}"

    def make(self, name: str, source: ClipSource[Any], clips: Shapes, refresh: Refresh) -> Pools:
        """Make a pool for each shape of which the source has clips. refresh: of all of them together.

        A pool has a part of the new clips that goes with the clips that are drawn from it.
        """
        total = sum(weight * self.batch(self.latent(video)) for video, weight in clips)
        pools: Pools = []
        for video, weight in clips:
            if video.frames < source.min_frames:
                continue
            latent = self.latent(video)
            part = refresh.scaled(weight * self.batch(latent) / total / distributed.world_size())
            kept = Kept(name, self._encode, latent, torch.float16, self._depends_on)
            pools.append((self.run.clip_pool(source, video, kept, part), weight))
        return pools

    def latent(self, video: VideoShape) -> LatentShape:
        """Return the shape of a clip's latents."""
        return self.vae.compression.to_latent(video, self.vae.latent_channels)

    def _encode(self, pixels: torch.Tensor) -> torch.Tensor:
        latents = call_in(self.dtype, _Mean(self.vae), pixels.to(self.dtype))
        return latents.half()


def fingerprint(module: nn.Module) -> str:
    """Return a name that modules of equal weights share."""
    digest = hashlib.sha256()
    for name, weight in module.state_dict().items():
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()[:12]

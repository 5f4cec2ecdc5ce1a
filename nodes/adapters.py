"""Between what ComfyUI's sockets carry and what the core takes, with clear errors for what does not fit."""

from __future__ import annotations

from typing import Any

import torch

from ..sora_core.shapes import Compression

Latent = dict[str, Any]  # ComfyUI's LATENT: {"samples": [B C T H W], "noise_mask": [B 1 T H W]}
DEFAULT_COMPRESSION = Compression(4, 8, 8)
DEFAULT_CHANNELS = 16


def is_latent(value: Any) -> bool:
    """Whether a value is a LATENT."""
    return isinstance(value, dict) and "samples" in value


def latent_samples(latent: Latent) -> torch.Tensor:
    """[B C T H W] of a LATENT; ValueError for an image latent."""
    samples = latent["samples"]
    if samples.ndim != 5:
        raise ValueError(
            f"got a latent of shape {tuple(samples.shape)}, expected a video latent [B C T H W]: make one with"
            " Sora Video Grid"
        )
    return samples


def latent_noise_level(latent: Latent) -> torch.Tensor:
    """[B 1 T H W] of a LATENT, 1 where nothing is said. The host's noise_mask has the same polarity: 1 = invent."""
    samples = latent_samples(latent)
    batch, _, *grid = samples.shape
    level = latent.get("noise_mask")
    if level is None:
        return torch.ones(batch, 1, *grid)
    if tuple(level.shape) not in {(batch, 1, *grid), (1, 1, *grid)}:
        raise ValueError(
            f"got a noise_mask of shape {tuple(level.shape)}, expected {(batch, 1, *grid)} like the latent"
        )
    return level.expand(batch, -1, -1, -1, -1)


def video_latent(samples: torch.Tensor, noise_level: torch.Tensor) -> Latent:
    """A LATENT; the noise_mask is left out where everything is to be invented, as core nodes do."""
    if bool((noise_level == 1).all()):
        return {"samples": samples}
    return {"samples": samples, "noise_mask": noise_level}


def vae_compression(vae: Any | None) -> Compression:
    """How much a VAE socket compresses; Wan 2.1's ratios where none is connected."""
    if vae is None:
        return DEFAULT_COMPRESSION
    time = vae.temporal_compression_decode()
    if not time:
        raise ValueError("got an image VAE, expected a video VAE (one that compresses time)")
    space = vae.spacial_compression_decode()
    return Compression(time, space, space)


def vae_channels(vae: Any | None) -> int:
    """Latent channels of a VAE socket; Wan 2.1's where none is connected."""
    return DEFAULT_CHANNELS if vae is None else vae.latent_channels

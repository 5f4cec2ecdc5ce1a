"""LatentStatistics: converts raw latents, as in ComfyUI's sockets, to normalised ones and back."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .config import VAEConfig


@dataclass(frozen=True)
class LatentStatistics:
    """Mean and standard deviation of raw latents, per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, config: VAEConfig) -> LatentStatistics:
        """Read the statistics of a VAE's config; without any, raw latents count as normalised."""
        return cls(config.latent_mean or (0.0,) * config.z_dim, config.latent_std or (1.0,) * config.z_dim)

    def normalise(self, raw: torch.Tensor) -> torch.Tensor:
        """Normalise raw latents [B C T H W], as the VAE gives them, for the DiT."""
        return (raw - _column(self.mean, raw)) / _column(self.std, raw)

    def denormalise(self, latents: torch.Tensor) -> torch.Tensor:
        """The inverse of normalise."""
        return latents * _column(self.std, latents) + _column(self.mean, latents)


def _column(values: tuple[float, ...], like: torch.Tensor) -> torch.Tensor:
    return like.new_tensor(values).view(1, -1, 1, 1, 1)

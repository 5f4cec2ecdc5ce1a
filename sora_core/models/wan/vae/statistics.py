"""Mean and standard deviation of a VAE's latents: raw latents, as ComfyUI's sockets carry them, and normalised ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .config import VAEConfig


@dataclass(frozen=True)
class LatentStatistics:
    """Mean and standard deviation of raw latents per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, config: VAEConfig) -> LatentStatistics:
        """Those of a VAE; a VAE without statistics gives normalised latents already."""
        return cls(config.latent_mean or (0.0,) * config.z_dim, config.latent_std or (1.0,) * config.z_dim)

    def normalise(self, raw: torch.Tensor) -> torch.Tensor:
        """[B C T H W] as the VAE gives them -> as the DiT sees them."""
        return (raw - _column(self.mean, raw)) / _column(self.std, raw)

    def denormalise(self, latents: torch.Tensor) -> torch.Tensor:
        """The inverse of normalise."""
        return latents * _column(self.std, latents) + _column(self.mean, latents)


def _column(values: tuple[float, ...], like: torch.Tensor) -> torch.Tensor:
    return like.new_tensor(values).view(1, -1, 1, 1, 1)

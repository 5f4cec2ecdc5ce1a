"""LatentCanvas: clean latents and the noise level at which sampling of each starts.

A level between 0 and 1 means SDEdit (https://arxiv.org/abs/2108.01073): sampling starts there, and is then free.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .shapes import LatentShape


@dataclass(frozen=True)
class LatentCanvas:
    """Clean latents and the noise level at which sampling of each latent starts.

    clean: [B C T H W] normalised latents, as the DiT takes them; values where noise_level is 1 have no effect.
    noise_level: [B 1 T H W] in 0..1; 0 keeps the latent, 1 generates it, between starts from the noised latent.

    Raises ValueError if the shapes do not fit or a level is outside 0..1.
    """

    clean: torch.Tensor
    noise_level: torch.Tensor

    def __post_init__(self) -> None:
        if self.clean.ndim != 5 or 0 in self.clean.shape:
            raise ValueError(f"clean latents must be [B C T H W] and not empty, got {tuple(self.clean.shape)}")
        batch, _, *grid = self.clean.shape
        expected = (batch, 1, *grid)
        if tuple(self.noise_level.shape) != expected:
            raise ValueError(f"noise_level must be [B 1 T H W] = {expected}, got {tuple(self.noise_level.shape)}")
        if not bool(((self.noise_level >= 0) & (self.noise_level <= 1)).all()):
            low, high = self.noise_level.min().item(), self.noise_level.max().item()
            raise ValueError(f"noise_level must lie in 0..1, got {low:g}..{high:g}")

    @property
    def batch(self) -> int:
        """Number of clips on the canvas."""
        return self.clean.shape[0]

    @property
    def shape(self) -> LatentShape:
        """Size of one clip of the batch."""
        return LatentShape(*self.clean.shape[1:])

"""The rectified-flow identities (https://arxiv.org/abs/2209.03003). Levels are tensors that broadcast.

noisy = (1 - level) * clean + level * noise          velocity = d noisy / d level = noise - clean
"""

from __future__ import annotations

import torch


def add_noise(clean: torch.Tensor, noise: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """(1 - level) * clean + level * noise; level 0 gives clean back exactly, level 1 noise."""
    return (1 - level) * clean + level * noise


def raise_level(noisy: torch.Tensor, noise: torch.Tensor, level: torch.Tensor, higher: torch.Tensor) -> torch.Tensor:
    """From `level` up to `higher` with fresh noise, independent of that in `noisy`: a * noisy + b * noise.

    a = (1 - higher) / (1 - level) brings the clean part to its share at `higher`, b = sqrt(higher^2 - (a * level)^2)
    fills up the variance of the noise. From level 0 it is add_noise; where the level stays, noisy stays.
    """
    left = 1 - level
    kept = torch.where(left > 0, (1 - higher) / torch.where(left > 0, left, 1), 1)  # at level 1 all is noise already
    added = (higher.square() - (kept * level).square()).clamp(min=0).sqrt()
    return kept * noisy + added * noise


def velocity_target(clean: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """noise - clean: what the model learns to predict, the same at every level."""
    return noise - clean


def clean_from_velocity(noisy: torch.Tensor, velocity: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """noisy - level * velocity: where the straight line through noisy meets level 0."""
    return noisy - level * velocity

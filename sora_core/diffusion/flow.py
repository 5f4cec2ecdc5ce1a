"""The rectified-flow identities (https://arxiv.org/abs/2209.03003). Levels are tensors that broadcast.

noisy = (1 - level) * clean + level * noise          velocity = d noisy / d level = noise - clean
"""

from __future__ import annotations

import torch


def add_noise(clean: torch.Tensor, noise: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """(1 - level) * clean + level * noise; level 0 gives clean back exactly, level 1 noise."""
    return (1 - level) * clean + level * noise


def velocity_target(clean: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """noise - clean: what the model learns to predict, the same at every level."""
    return noise - clean


def clean_from_velocity(noisy: torch.Tensor, velocity: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """noisy - level * velocity: where the straight line through noisy meets level 0."""
    return noisy - level * velocity

"""Guiders: objects that turn a model and its texts into the velocity that the sampler follows.

Classifier-free guidance is that of https://arxiv.org/abs/2207.12598, on velocities.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

Model = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""(latents [B C T H W], noise_level [B] | [B T] | [B N], text [B L D]) -> velocity [B C T H W]"""


class Guider(Protocol):
    """What the sampler calls."""

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """Velocity [B C T H W] at latents [B C T H W] whose levels are [B], [B T] or [B N]."""
        ...


@dataclass(frozen=True)
class Conditional:
    """The model with its text, as it is: one pass. text: [B L D]."""

    model: Model
    text: torch.Tensor

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider."""
        return self.model(latents, noise_level, self.text)


@dataclass(frozen=True)
class ClassifierFree:
    """negative + scale * (text - negative), both in one batch of 2B. text, negative: [B L D].

    Scale 1 is the plain model (use Conditional, which costs half), 0 follows `negative` alone.
    """

    model: Model
    text: torch.Tensor
    negative: torch.Tensor
    scale: float

    def __post_init__(self) -> None:
        check_scale(self.scale)
        if self.text.shape != self.negative.shape:
            raise ValueError(
                f"text and negative must have one shape [B L D], got {tuple(self.text.shape)} "
                f"and {tuple(self.negative.shape)}"
            )

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider."""
        both = self.model(
            torch.cat([latents, latents]),  # [2B C T H W]
            torch.cat([noise_level, noise_level]),  # [2B ...]
            torch.cat([self.text, self.negative]),  # [2B L D]
        )
        towards, away = both.chunk(2)
        return away + self.scale * (towards - away)


def guide(model: Model, text: torch.Tensor, negative: torch.Tensor, scale: float) -> Guider:
    """The cheapest guider for this scale: one pass a step at scale 1, else two."""
    check_scale(scale)
    return Conditional(model, text) if scale == 1 else ClassifierFree(model, text, negative, scale)


def check_scale(scale: float) -> None:
    """ValueError unless scale is finite and >= 0."""
    if not (math.isfinite(scale) and scale >= 0):
        raise ValueError(f"guidance must be a finite number >= 0, got {scale}")

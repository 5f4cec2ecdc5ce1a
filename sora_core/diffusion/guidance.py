"""Guiders: a model and its texts as one callable that gives the sampler its velocity.

Classifier-free guidance is that of https://arxiv.org/abs/2207.12598, on velocities.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch

Model = Callable[[torch.Tensor, torch.Tensor, Any], torch.Tensor]
"""(latents [B C T H W], noise_level [B] | [B T] | [B N], text [B L D]) -> velocity [B C T H W]"""

Show = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""(clean [B C T H W], noise [B C T H W], level [B] of the rest) -> known latents as a model takes them"""


@runtime_checkable
class Preparing(Protocol):
    """A Model that can compute once what it needs of a text in every step; it then takes that in place of the text."""

    def prepare(self, text: torch.Tensor) -> Any:
        """Text [B L D] as the model takes it from now on."""


class Guider(Protocol):
    """What the sampler calls."""

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """Velocity [B C T H W] at latents [B C T H W] whose levels are [B], [B T] or [B N]."""
        ...


@dataclass(frozen=True)
class ConditionalGuider:
    """The model with its text, one call per step. text: [B L D], or what the model has prepared from it."""

    model: Model
    text: Any

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider."""
        return self.model(latents, noise_level, self.text)


@dataclass(frozen=True)
class CFGGuider:
    """Classifier-free guidance: negative + scale * (text - negative), both in one batch of 2B.

    texts: [2B L D], first the texts and then the negative ones, or what the model has prepared from them. Scale 1 is
    the plain model (ConditionalGuider costs half), 0 follows the negative texts alone.
    """

    model: Model
    texts: Any
    scale: float

    def __post_init__(self) -> None:
        check_scale(self.scale)

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider."""
        both = self.model(
            torch.cat([latents, latents]),  # [2B C T H W]
            torch.cat([noise_level, noise_level]),  # [2B ...]
            self.texts,  # [2B L D]
        )
        towards, away = both.chunk(2)
        return away + self.scale * (towards - away)


def guide(model: Model, text: torch.Tensor, negative: torch.Tensor, scale: float) -> Guider:
    """The cheapest guider for this scale: one pass a step at scale 1, else two. text, negative: [B L D].

    A model that can prepare texts does so now. Raises ValueError for texts of two shapes.
    """
    check_scale(scale)
    if scale != 1 and text.shape != negative.shape:
        raise ValueError(
            f"text and negative must have one shape [B L D], got {tuple(text.shape)} and {tuple(negative.shape)}"
        )
    texts = text if scale == 1 else torch.cat([text, negative])
    with torch.no_grad():
        prepared = model.prepare(texts) if isinstance(model, Preparing) else texts
    return ConditionalGuider(model, prepared) if scale == 1 else CFGGuider(model, prepared, scale)


def check_scale(scale: float, name: str = "guidance") -> None:
    """ValueError, which says of what, unless scale is finite and >= 0."""
    if not (math.isfinite(scale) and scale >= 0):
        raise ValueError(f"{name} must be a finite number >= 0, got {scale}")

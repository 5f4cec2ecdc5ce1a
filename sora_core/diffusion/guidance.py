"""Guiders: a model and its texts as one callable that gives the sampler its velocity.

Classifier-free guidance is that of https://arxiv.org/abs/2207.12598, on velocities. It runs both texts in one batch, or
one after the other where memory is short.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch

from ..system.device import free_memory
from .timed_text import TimedText

log = logging.getLogger(__name__)

SPARE = 1.2  # room that an estimate of activations leaves for what it does not see

Model = Callable[[torch.Tensor, torch.Tensor, Any], torch.Tensor]
"""(latents [B C T H W], noise_level [B] | [B T] | [B N], text [B L D]) -> velocity [B C T H W]"""

Show = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""(clean, noise, level [B] of the rest, sample so far) -> known latents as a model takes them; all [B C T H W]"""


@runtime_checkable
class Preparing(Protocol):
    """A Model that can compute once what it needs of a text in every step; it then takes that in place of the text."""

    def prepare(self, text: torch.Tensor | TimedText) -> Any:
        """Text as the model takes it from now on."""


@runtime_checkable
class Measured(Protocol):
    """A Model that knows how much memory a call needs. What it takes as texts can be split along the batch by chunk."""

    def step_bytes(self, latents: torch.Tensor) -> int:
        """Bytes of activations of a call with latents [B C T H W]."""


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

    Where the model is Measured and a batch of 2B does not fit into the free memory, they run one after the other: half
    the activations, and velocities that differ by rounding.

    texts: [2B L D], first the texts and then the negative ones, or what the model has prepared from them. Scale 1 is
    the plain model (ConditionalGuider costs half), 0 follows the negative texts alone.
    together: whether one batch is taken; None decides in each step by the free memory.
    """

    model: Model
    texts: Any
    scale: float
    together: bool | None = None

    def __post_init__(self) -> None:
        check_scale(self.scale)

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider."""
        together = fits_twice(self.model, latents) if self.together is None else self.together
        if together:
            both = self.model(
                torch.cat([latents, latents]),  # [2B C T H W]
                torch.cat([noise_level, noise_level]),  # [2B ...]
                self.texts,  # [2B L D]
            )
            towards, away = both.chunk(2)
        else:
            towards, away = (self.model(latents, noise_level, text) for text in self.texts.chunk(2))
        return away + self.scale * (towards - away)


def fits_twice(model: object, latents: torch.Tensor) -> bool:
    """Whether a call with twice these latents fits into the free memory; True where that is not known."""
    free = free_memory(latents.device)
    if free is None or not isinstance(model, Measured):
        return True
    needed = round(2 * SPARE * model.step_bytes(latents))
    if needed > free:
        log.info("guidance runs its two texts one after the other: %.1f GB needed, %.1f free", needed / 1e9, free / 1e9)
    return needed <= free


@dataclass(frozen=True)
class TimedGuider:
    """A guider for prompts of stretches: each window of a canvas is guided by those that its frames see.

    text: of all latent frames. negative: [B L D]. scale: see CFGGuider.
    """

    model: Model
    text: TimedText
    negative: torch.Tensor
    scale: float

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider, for the latents of all frames."""
        return self.within(range(self.text.frames))(latents, noise_level)

    def within(self, span: range) -> Guider:
        """Return the guider of some of the latent frames."""
        return _guided(self.model, self.text.within(span), self.negative, self.scale)


def guide(model: Model, text: torch.Tensor | TimedText, negative: torch.Tensor, scale: float) -> Guider:
    """The cheapest guider for this scale: one pass a step at scale 1, else two. negative: [B L D].

    A model that can prepare texts does so now. Raises ValueError for texts of two shapes.
    """
    check_scale(scale)
    for one in (text,) if isinstance(text, torch.Tensor) else text.texts:
        if scale != 1 and one.shape != negative.shape:
            raise ValueError(
                f"text and negative must have one shape [B L D], got {tuple(one.shape)} and {tuple(negative.shape)}"
            )
    if isinstance(text, TimedText):
        return TimedGuider(model, text, negative, scale)
    return _guided(model, text, negative, scale)


def _guided(model: Model, text: torch.Tensor | TimedText, negative: torch.Tensor, scale: float) -> Guider:
    texts = text
    if scale != 1:
        texts = torch.cat([text, negative]) if isinstance(text, torch.Tensor) else text.with_negative(negative)
    with torch.no_grad():
        prepared = model.prepare(texts) if isinstance(model, Preparing) else texts
    return ConditionalGuider(model, prepared) if scale == 1 else CFGGuider(model, prepared, scale)


def check_scale(scale: float, name: str = "guidance") -> None:
    """ValueError, which says of what, unless scale is finite and >= 0."""
    if not (math.isfinite(scale) and scale >= 0):
        raise ValueError(f"{name} must be a finite number >= 0, got {scale}")

"""Random transitions between plain clips, whose both ends are whole latent frames of a causal VAE."""

from __future__ import annotations

import random

from ..spans import CHANGING, RETURNING, draw_span
from .attributes import Attributes, combinations
from .connections import Connection


def draw_connection(frames: int, step: int, rng: random.Random, *, unseen: bool = False) -> Connection:
    """Draw a transition for a clip of so many frames; the part between is at least two latents of `step` frames.

    unseen: between held-out combinations; without it, never one of them. Raises ValueError if the clip is too short.
    """
    leave, arrive = draw_span(frames, step, rng)
    looks = combinations(unseen=unseen)
    first = rng.choice(looks)
    return Connection(first, _second(first, looks, rng), leave, arrive)


def _second(first: Attributes, looks: tuple[Attributes, ...], rng: random.Random) -> Attributes | None:
    """Draw the second clip of a transition: None for the start of the first, another look, or the same look."""
    kind = rng.random()
    if kind < RETURNING:
        return None
    same = [other for other in looks if other[:3] == first[:3]]
    return rng.choice(looks if kind < RETURNING + CHANGING else same)

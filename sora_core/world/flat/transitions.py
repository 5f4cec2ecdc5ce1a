"""Random transitions between plain clips, whose both ends are whole latent frames of a causal VAE."""

from __future__ import annotations

import random
from functools import cache

from .attributes import Attributes, held_out, training_combinations
from .connections import Connection

RETURNING, CHANGING = 0.4, 0.35  # shares of transitions back to their own start, and to another look


def shortest_transition(step: int) -> int:
    """Return the fewest frames in which there is a transition of whole latents of `step` frames."""
    return 1 + 3 * step


def draw_connection(frames: int, step: int, rng: random.Random, *, unseen: bool = False) -> Connection:
    """Draw a transition for a clip of so many frames; the part between is at least two latents of `step` frames.

    unseen: between held-out combinations; without it, never one of them. Raises ValueError if the clip is too short.
    """
    if frames < shortest_transition(step):
        raise ValueError(f"got {frames} frames for a transition, expected at least {shortest_transition(step)}")
    latents = 1 + (frames - 1) // step
    before = rng.randint(1, latents - 3)
    between = rng.randint(2, latents - before - 1)
    leave = step * (before - 1)
    looks = _looks(unseen)
    first = rng.choice(looks)
    return Connection(first, _second(first, looks, rng), leave, leave + step * between + 1)


@cache
def _looks(unseen: bool) -> tuple[Attributes, ...]:
    return tuple(held_out() if unseen else training_combinations())


def _second(first: Attributes, looks: tuple[Attributes, ...], rng: random.Random) -> Attributes | None:
    """Draw the second clip of a transition: None for the start of the first, another look, or the same look."""
    kind = rng.random()
    if kind < RETURNING:
        return None
    same = [other for other in looks if other[:3] == first[:3]]
    return rng.choice(looks if kind < RETURNING + CHANGING else same)

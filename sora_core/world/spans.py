"""Where in a clip a transition lies: both parts, and what is between them, are whole latent frames of a causal VAE."""

from __future__ import annotations

import random
from typing import NamedTuple

RETURNING, CHANGING = 0.4, 0.35  # shares of transitions back to their own start, and to another look


class Span(NamedTuple):
    """leave: the last frame of the first part. arrive: the first frame of the second part."""

    leave: int
    arrive: int


def shortest_transition(step: int) -> int:
    """Return the fewest frames in which there is a transition of whole latents of `step` frames."""
    return 1 + 3 * step


def draw_span(frames: int, step: int, rng: random.Random) -> Span:
    """Draw where the transition of a clip of so many frames lies; it lasts at least two latents of `step` frames.

    Raises ValueError if the clip is too short.
    """
    if frames < shortest_transition(step):
        raise ValueError(f"got {frames} frames for a transition, expected at least {shortest_transition(step)}")
    latents = 1 + (frames - 1) // step
    before = rng.randint(1, latents - 3)
    between = rng.randint(2, latents - before - 1)
    leave = step * (before - 1)
    return Span(leave, leave + step * between + 1)

"""Sources that Sora Keyframe placed on a canvas, on their way through its LATENT to Sora Paste Back."""

from __future__ import annotations

from typing import Any, NamedTuple

KEY = "sora_keyframes"  # of our LATENTs; samplers pass it on


class PlacedSource(NamedTuple):
    """source: VIDEO or IMAGE at `fps`, the canvas's. It is known in the canvas's frames first .. stop - 1.

    skipped: its frames, at that rate, before the one at `first`; below 0, how long its first is held.
    """

    source: Any
    fps: float
    first: int
    stop: int
    skipped: int


def placed_sources(latent: dict[str, Any]) -> tuple[PlacedSource, ...]:
    """The sources that a LATENT holds, in the order of their moments."""
    return tuple(sorted(latent.get(KEY, ()), key=lambda placed: placed.first))


def with_source(latent: dict[str, Any], placed: PlacedSource) -> dict[str, Any]:
    """A LATENT that holds one more."""
    return {**latent, KEY: (*latent.get(KEY, ()), placed)}

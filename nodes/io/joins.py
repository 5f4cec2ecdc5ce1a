"""Where a canvas changes from what is known to what is generated, on its way through its LATENT to the decoder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ...sora_core.canvas.time_grid import TimeGrid

KEY = "sora_joins"  # of our LATENTs, and of the `ui` output of a decoder; so in web/timeline/results.js


class Joins(NamedTuple):
    """frames: the first ones after joins. time: frames after which the VAE's grid repeats. latents: of the canvas."""

    frames: tuple[int, ...]
    time: int
    latents: int


def joins_of(latent: dict[str, Any], latents: int) -> Joins | None:
    """The joins of a LATENT of so many latent frames; None where it does not say, or was cut since."""
    joins: Joins | None = latent.get(KEY)
    return joins if joins is not None and joins.latents == latents else None


def with_joins(latent: dict[str, Any], known: Iterable[range], grid: TimeGrid, latents: int) -> dict[str, Any]:
    """A LATENT with its joins, if there are any. known: latent frames of each stretch that is not all generated."""
    edges: set[int] = set()
    for stretch in known:
        if stretch:
            edges |= {grid.span(stretch.start).start, grid.span(stretch.stop - 1).stop}
    inside = edges - {0, grid.span(latents - 1).stop}
    return {**latent, KEY: Joins(tuple(sorted(inside)), grid.period[0], latents)} if inside else latent

"""Sources that Sora Keyframe or Sora Timeline placed on a canvas, on the way in its LATENT to Sora Paste Back."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...sora_core.video.keyframed_film import Keyframe, timed
from ...sora_core.video.source_clip import SourceClip

KEY = "sora_keyframes"  # of our LATENTs; samplers pass it on


class PlacedSource(NamedTuple):
    """source: VIDEO or IMAGE at `fps`, the canvas's. It is known in the canvas's frames first .. stop - 1.

    skipped: its frames, at that rate, before the one at `first`; below 0, how long its first is held. until: those
    after which its last one is held; None plays it to its end. form: width / height of its picture's middle that the
    canvas shows; None leaves it to the form of the canvas (Keyframe.shown_form).
    """

    source: Any
    fps: float
    first: int
    stop: int
    skipped: int
    until: int | None = None
    form: float | None = None

    def keyframe(self, clip: SourceClip) -> Keyframe:
        """Its place in a film, of the clip that it is."""
        return timed(clip, self.fps, self.first, self.stop, self.skipped, until=self.until, form=self.form)


def placed_sources(latent: dict[str, Any]) -> tuple[PlacedSource, ...]:
    """The sources that a LATENT holds, in the order of their moments."""
    return tuple(sorted(latent.get(KEY, ()), key=lambda placed: placed.first))


def with_sources(latent: dict[str, Any], *placed: PlacedSource) -> dict[str, Any]:
    """A LATENT that holds more of them."""
    return {**latent, KEY: (*latent.get(KEY, ()), *placed)} if placed else latent

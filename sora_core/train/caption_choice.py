"""CaptionChoice: which captions a model learns from; terse, detailed or noisy ones show what captions are worth."""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..world import Style

NOISE = 0.4  # share of wrong captions in noisy ones


@dataclass(frozen=True)
class CaptionChoice:
    """The captions of training.

    styles: each caption has one of them at random.
    noise: share of captions that tell of another scene of the same domain, as the text beside a picture on the web may.
    in_order: objects are told in the order in which a clip shows them, so that it shows all that its caption says.
    plain: of all wordings the first one, so that every word follows from the clip.
    """

    styles: tuple[Style, ...] = tuple(Style)
    noise: float = 0.0
    in_order: bool = False
    plain: bool = False

    def __post_init__(self) -> None:
        if not self.styles or not 0 <= self.noise <= 1:
            raise ValueError(f"got {len(self.styles)} styles and noise {self.noise}, expected one or more and 0 to 1")


class FirstWords(random.Random):
    """Chooses the first of everything: of the wordings of a caption the plain ones."""

    def random(self) -> float:
        """Return 0."""
        return 0.0

    def getrandbits(self, k: int, /) -> int:
        """Return 0."""
        return 0


ALL_CAPTIONS = CaptionChoice()
CAPTIONS = {
    "all": ALL_CAPTIONS,
    "terse": CaptionChoice((Style.TERSE,)),
    "detailed": CaptionChoice((Style.RICH,)),
    "noisy": CaptionChoice((Style.RICH,), NOISE),
}
"""Choices by name."""


def captions_named(name: str) -> CaptionChoice:
    """Return the choice of this name; raises ValueError if there is none."""
    if name not in CAPTIONS:
        raise ValueError(f"got the captions {name!r}, expected one of {', '.join(CAPTIONS)}")
    return CAPTIONS[name]

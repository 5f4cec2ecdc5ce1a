"""Colours that objects of every domain have, and the words for them."""

from __future__ import annotations

from enum import Enum


class Colour(Enum):
    """Object colours; `rgb` in 0..1."""

    RED = (0.88, 0.12, 0.14)
    ORANGE = (0.98, 0.55, 0.08)
    YELLOW = (0.98, 0.90, 0.20)
    GREEN = (0.12, 0.70, 0.22)
    CYAN = (0.20, 0.85, 0.88)
    BLUE = (0.16, 0.36, 0.95)
    PURPLE = (0.55, 0.18, 0.80)
    PINK = (0.99, 0.55, 0.76)

    @property
    def rgb(self) -> tuple[float, float, float]:
        """Red, green and blue in 0..1."""
        return self.value


COLOUR_WORDS: dict[Enum, tuple[str, ...]] = {
    Colour.RED: ("red", "red", "crimson", "scarlet"),
    Colour.ORANGE: ("orange", "orange", "tangerine"),
    Colour.YELLOW: ("yellow", "yellow", "lemon yellow", "golden"),
    Colour.GREEN: ("green", "green", "emerald"),
    Colour.CYAN: ("cyan", "cyan", "turquoise", "aqua"),
    Colour.BLUE: ("blue", "blue", "azure", "cobalt"),
    Colour.PURPLE: ("purple", "purple", "violet"),
    Colour.PINK: ("pink", "pink", "rose"),
}
"""Wordings of each colour; the first is the plain one."""

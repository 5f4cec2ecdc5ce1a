"""A procedural world with exact truth: several domains of captioned scenes behind one protocol."""

from .domain import Domain, Style
from .palette import COLOUR_WORDS, Colour

__all__ = ["COLOUR_WORDS", "Colour", "Domain", "Style"]

"""A procedural world with exact truth: several domains of captioned scenes behind one protocol."""

from collections.abc import Mapping
from typing import Any

from .domain import Domain, Style
from .flat import Flat
from .game import Game
from .painter import Painter
from .palette import COLOUR_WORDS, Colour
from .shots import Shots
from .solids import Solids

DOMAINS: Mapping[str, Domain[Any, Any]] = {
    domain.name: domain for domain in (Solids(), Flat(), Game(), Painter(), Shots())
}
"""Every domain by name."""

__all__ = ["COLOUR_WORDS", "DOMAINS", "Colour", "Domain", "Style"]

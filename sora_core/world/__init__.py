"""A procedural world with exact truth: several domains of captioned scenes behind one protocol."""

from collections.abc import Mapping
from typing import Any

from .domain import Domain, Style
from .flat import Flat
from .palette import COLOUR_WORDS, Colour

DOMAINS: Mapping[str, Domain[Any, Any]] = {domain.name: domain for domain in (Flat(),)}
"""Every domain by name."""

__all__ = ["COLOUR_WORDS", "DOMAINS", "Colour", "Domain", "Style"]

"""Language: prompts expanded and videos captioned by any back end, with the user's facts checked afterwards."""

from .facts import Check, Fact, Kind, compare
from .protocols import Captioner, Expander, FactReader, LanguageModel, Message
from .results import BackEnd, Caption, Expansion

__all__ = [
    "BackEnd",
    "Caption",
    "Captioner",
    "Check",
    "Expander",
    "Expansion",
    "Fact",
    "FactReader",
    "Kind",
    "LanguageModel",
    "Message",
    "compare",
]

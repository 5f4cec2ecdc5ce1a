"""The grammar of nano's world: reads any prompt of its words, draws what is open, and writes a detailed caption."""

from .expander import GrammarExpander, WorldReader
from .tags import OutsideError

__all__ = ["GrammarExpander", "OutsideError", "WorldReader"]

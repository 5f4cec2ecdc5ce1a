"""Where things are beside one another: the world's scenes do not say it, so a prompt that does is refused by name."""

from __future__ import annotations

from collections.abc import Sequence

from .tags import OutsideError, Role, Token

PLACING = frozenset(
    ("above", "against", "at", "below", "beside", "by", "from", "front", "in", "on", "past", "to", "under")
)
"""Fillers of captions that place things where another object, and no ground, follows."""
THINGS = frozenset((Role.SHAPE, Role.FOOD, Role.PLAYER, Role.ITEM, Role.FEATURE))
BETWEEN = frozenset((Role.THE, Role.NUMBER, Role.ORDINAL, Role.COLOUR, Role.SIZE, Role.GROUND))
LINKS = frozenset(("a", "an", "of", "one", "other", "side"))
SIDES = frozenset(("left", "right"))


def refuse_relations(tokens: Sequence[Token]) -> None:
    """Raise OutsideError where tokens say that one thing is on, left of or in front of another, or at a side."""
    named = False
    for at, token in enumerate(tokens):
        if token.role is Role.WAY:
            before, after = tokens[at - 1] if at else None, tokens[at + 1] if at + 1 < len(tokens) else None
            if after is not None and after.text in ("of", "of the") and _thing_follows(tokens, at + 2):
                raise _misplaced(f"{token.text} of")
            if token.text in SIDES and before is not None and (before.role is Role.THE or before.text in ("a", "an")):
                raise _misplaced(f"{before.text} {token.text}")
        elif named and token.role is Role.FILLER and token.text in PLACING and _thing_follows(tokens, at + 1):
            raise _misplaced("in front of" if token.text == "front" else token.text)
        named = named or token.role in THINGS


def _thing_follows(tokens: Sequence[Token], at: int) -> bool:
    """Whether the next noun, or "it", is a thing."""
    for token in tokens[at:]:
        if token.role in THINGS or token.role is Role.WALL or token.text == "it":
            return tokens[at - 1].text != "beside" or token.role is not Role.WALL  # captions of pictures say so
        if token.role not in BETWEEN and token.text not in LINKS:
            return False
    return False


def _misplaced(words: str) -> OutsideError:
    return OutsideError(
        f"'{words}' says where something is, which is left to chance: say what it does, or leave it out"
    )

"""Facts of a prompt, and what became of them in the text that a model made of it: kept, lost, contradicted, added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a fact is about. WORD is any other content word: an object, an action or a place, no one knows which."""

    OBJECT = "object"
    COLOUR = "colour"
    SIZE = "size"
    COUNT = "count"
    ACTION = "action"
    DIRECTION = "direction"
    SPEED = "speed"
    CAMERA = "camera"
    SETTING = "setting"
    QUOTE = "quoted text"
    NEGATION = "not there"
    WORD = "word"


@dataclass(frozen=True)
class Fact:
    """One fact. about: what it is said of ("" for the whole text); a subject has one value of a kind, if it is named.

    word: as the text has it, where the value is only its stem.
    """

    kind: Kind
    value: str
    about: str = ""
    word: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Write it for people, such as `colour of object 1: red`."""
        what = (
            self.about
            if self.kind.value in self.about
            else f"{self.kind.value}{f' of {self.about}' * bool(self.about)}"
        )
        return f"{what}: {(self.word or self.value).replace('_', ' ')}"


@dataclass(frozen=True)
class Check:
    """The facts of a prompt beside those of a text that stands for it.

    kept, lost, contradicted: of the prompt's facts. added: the text's own, which the prompt left open.
    """

    kept: tuple[Fact, ...] = ()
    lost: tuple[Fact, ...] = ()
    contradicted: tuple[Fact, ...] = ()
    added: tuple[Fact, ...] = ()

    @property
    def found(self) -> tuple[Fact, ...]:
        """The prompt's facts."""
        return (*self.kept, *self.lost, *self.contradicted)

    @property
    def faithful(self) -> bool:
        """Whether every fact of the prompt is still there."""
        return not (self.lost or self.contradicted)


OPPOSITES = {
    frozenset(pair)
    for pair in (
        ("left", "right"),
        ("up", "down"),
        ("in", "out"),
        ("forward", "backward"),
        ("clockwise", "counterclockwise"),
    )
}
"""Directions that exclude one another where a text has one of them and lost the other."""


def compare(asked: Iterable[Fact], answered: Iterable[Fact]) -> Check:
    """Compare the facts of a prompt with those of a text that was made of it."""
    asked, answered = tuple(dict.fromkeys(asked)), tuple(dict.fromkeys(answered))
    there, named = set(answered), {(one.kind, one.about) for one in asked if one.about}
    kept = tuple(one for one in asked if one in there)
    broken = tuple(one for one in asked if one not in there and any(_excludes(other, one) for other in answered))
    lost = tuple(one for one in asked if one not in there and one not in broken)
    known = set(asked)
    added = tuple(one for one in answered if one not in known and (one.kind, one.about) not in named)
    return Check(kept, lost, broken, added)


def _excludes(answer: Fact, asked: Fact) -> bool:
    """Whether a fact of the answer cannot be true beside one that was asked for and is missing."""
    if asked.kind is Kind.NEGATION:
        return answer.kind is not Kind.NEGATION and answer.value == asked.value
    if answer.kind is Kind.NEGATION:
        return answer.value == asked.value
    if answer.kind is not asked.kind:
        return False
    if asked.about:
        return answer.about == asked.about
    return frozenset((answer.value, asked.value)) in OPPOSITES

"""Grammar: what each domain of the world has, and the table of facts that it reads and writes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Protocol, TypeVar

from ...world import Style
from ..facts import Fact, Kind
from .tags import Lexicon, OutsideError, Token

Member = TypeVar("Member", bound=Enum)


class Grammar(Protocol):
    """Reads prompts of one domain and writes its captions.

    about: what the domain has, for people. lexicon: its words.
    """

    name: str
    about: str
    lexicon: Lexicon

    def read(self, tokens: Sequence[Token]) -> tuple[Fact, ...]:
        """Return the facts that tokens state. Raises OutsideError for what the domain does not have."""

    def write(self, facts: Sequence[Fact], style: Style, rng: random.Random) -> str:
        """Draw a scene with these facts and write its caption. Raises OutsideError where there is no such scene."""


class Table:
    """Facts by what they are about; each (kind, about) has one value."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._values: dict[tuple[Kind, str], str] = {}
        for fact in facts:
            self.put(fact.kind, fact.value, fact.about)

    def put(self, kind: Kind, value: str, about: str) -> None:
        """Add a fact. Raises OutsideError if there is another value already."""
        known = self._values.setdefault((kind, about), value)
        if known != value:
            raise OutsideError(f"the {kind.value} of {about} cannot be both {plain(known)} and {plain(value)}")

    def get(self, kind: Kind, about: str) -> str | None:
        """Return a value; None if it is open."""
        return self._values.get((kind, about))

    def pick(self, kind: Kind, about: str, members: Iterable[Member], rng: random.Random) -> Member:
        """Return the member of an Enum that is stated, else draw one. Raises OutsideError if none is left."""
        value, choices = self.get(kind, about), list(members)
        if value is not None:
            choices = [one for one in choices if one.name.lower() == value]
        if not choices:
            raise OutsideError(f"there is no scene in which the {kind.value} of {about} is {plain(value or '')}")
        return rng.choice(choices)

    def facts(self) -> tuple[Fact, ...]:
        """Return all facts."""
        return tuple(Fact(kind, value, about) for (kind, about), value in self._values.items())


def plain(value: str) -> str:
    """Write a value for people."""
    return value.replace("_", " ")


def object_name(index: int) -> str:
    """What facts of the object at an index are about."""
    return f"object {index + 1}"

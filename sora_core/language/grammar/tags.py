"""Words of the world as tags: a lexicon for each domain, and the longest match of its phrases in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from functools import cached_property
from typing import NamedTuple

WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[.,;:]")
STOPS = frozenset(".,;:")


class OutsideError(ValueError):
    """A prompt that the world cannot show; the message is one line that says why."""


class Role(Enum):
    """What a phrase does in a caption."""

    FILLER = auto()
    STOP = auto()
    THE = auto()
    NUMBER = auto()
    ORDINAL = auto()
    COLOUR = auto()
    SHAPE = auto()
    SIZE = auto()
    ACTION = auto()
    WAY = auto()
    SPEED = auto()
    BEHIND = auto()
    GROUND = auto()  # a colour that backgrounds, walls, papers and tables have
    BACKGROUND = auto()
    WALL = auto()
    FLOOR = auto()
    SKY = auto()
    CAMERA = auto()
    FRAMING = auto()
    SHOTS = auto()
    PATH = auto()
    FOOD = auto()
    BITES = auto()
    SIDE = auto()
    DEED = auto()
    TWICE = auto()
    ITEM = auto()
    PLAYER = auto()
    VIEW = auto()
    THEME = auto()
    FEATURE = auto()
    BLOCKED = auto()


class Tag(NamedTuple):
    """A phrase's role, and its value: the name of an attribute in lower case, or a number."""

    role: Role
    value: str = ""


class Token(NamedTuple):
    """A tag with its text."""

    tag: Tag
    text: str

    @property
    def role(self) -> Role:
        """Of the tag."""
        return self.tag.role

    @property
    def value(self) -> str:
        """Of the tag."""
        return self.tag.value


class Lexicon:
    """Phrases of one domain."""

    def __init__(self) -> None:
        self.phrases: dict[tuple[str, ...], Tag] = {("the",): Tag(Role.THE)}
        self.fill("a an and is are there it its that this then while with of one other at")

    def add(self, role: Role, value: str, wordings: Iterable[str]) -> None:
        """Add wordings of a value. Raises ValueError for a wording of two meanings."""
        for wording in wordings:
            words = tuple(WORD.findall(wording))
            if self.phrases.setdefault(words, Tag(role, value)) != (role, value):
                raise ValueError(f"{wording!r} means {self.phrases[words]} and {role}, {value}")

    def table(self, role: Role, words: Mapping[Enum, Iterable[str]], members: Iterable[Enum]) -> None:
        """Add the wordings that a table of the world has for the members of an Enum."""
        for member in members:
            self.add(role, member.name.lower(), dict.fromkeys(words[member]))

    def fill(self, words: str) -> None:
        """Add words that say nothing."""
        for word in words.split():
            self.phrases.setdefault((word,), Tag(Role.FILLER))

    def fill_phrases(self, phrases: Iterable[str]) -> None:
        """Add phrases that say nothing, whatever their words say elsewhere."""
        for phrase in phrases:
            self.phrases.setdefault(tuple(WORD.findall(phrase)), Tag(Role.FILLER))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of a phrase that says something."""
        said = (phrase for phrase, tag in self.phrases.items() if tag.role not in (Role.FILLER, Role.THE))
        return frozenset(word for phrase in said for word in phrase)

    @cached_property
    def fillers(self) -> frozenset[str]:
        """Every word that is only in phrases that say nothing."""
        return frozenset(word for phrase in self.phrases for word in phrase) - self.words

    def scan(self, words: list[str]) -> tuple[list[Token], list[str]]:
        """Split words into tokens by the longest match, and the words that are in no phrase."""
        longest = max(map(len, self.phrases))
        tokens, unknown, at = [], [], 0
        while at < len(words):
            if words[at] in STOPS:
                tokens.append(Token(Tag(Role.STOP, words[at]), words[at]))
                at += 1
                continue
            sizes = range(min(longest, len(words) - at), 0, -1)
            size = next((size for size in sizes if tuple(words[at : at + size]) in self.phrases), 0)
            if size:
                phrase = tuple(words[at : at + size])
                tokens.append(Token(self.phrases[phrase], " ".join(phrase)))
            else:
                unknown.append(words[at])
            at += max(size, 1)
        return tokens, unknown


NUMBERS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}


def split_words(text: str) -> list[str]:
    """Split a text into its words and punctuation, in lower case."""
    return WORD.findall(text.lower().replace("\u2019", "'"))

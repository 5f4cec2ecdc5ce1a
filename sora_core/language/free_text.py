"""A conservative reader of facts of any English or basic Chinese text: words that a rewritten prompt must still have.

It finds colours, numbers, directions, words of the camera, quoted text, what is said not to be there, and content words
by their stems. It knows no synonyms and not which word belongs to which, so a kept fact is a sign and no proof.
"""

from __future__ import annotations

import re
import unicodedata

from .chinese import is_chinese, pieces, to_english
from .facts import Fact, Kind
from .vocabulary import (
    CAMERA,
    COLOURS,
    DIRECTIONS,
    FUNCTION,
    NEGATIONS,
    NOBODY,
    NOT_COUNTS,
    NUMBERS,
    PHRASES,
    SAME_COLOUR,
    SHADES,
    root,
)

QUOTED = re.compile('"([^"\n]{1,200})"|\u201c([^\u201c\u201d\n]{1,200})\u201d|\u300c([^\u300d\n]{1,200})\u300d')
WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|[.,;:!?\n]")
STOPS = frozenset(".,;:!?\n")
REACH = 3  # content words after a negation that it may be about


class FreeTextReader:
    """Reads the facts of any text; see the module."""

    def facts(self, text: str) -> tuple[Fact, ...]:
        """Return the facts, in the order of the text, each once."""
        text = unicodedata.normalize("NFKC", text)
        quotes = [
            Fact(Kind.QUOTE, " ".join(next(filter(None, each.groups())).split())) for each in QUOTED.finditer(text)
        ]
        plain = QUOTED.sub(" ", text)
        return tuple(dict.fromkeys([*quotes, *_word_facts(to_english(plain) if is_chinese(plain) else plain)]))


def unchecked(text: str) -> str:
    """Name in one line what the reader cannot check in a text; "" where it reads all of it."""
    plain = QUOTED.sub(" ", text)
    if is_chinese(plain):
        rest = "".join(each.text for each in pieces(plain) if not each.group)
    else:
        rest = plain
    foreign = [letter for letter in rest if _is_foreign(letter)]
    if not foreign:
        return ""
    shown = "".join(dict.fromkeys(foreign))[:12]
    return f"parts of the prompt could not be checked (letters such as '{shown}'): read the text before you use it"


def _is_foreign(letter: str) -> bool:
    return letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN")


def _word_facts(text: str) -> list[Fact]:
    found: list[Fact] = []
    denied = 0
    for word in _words(text):
        if word in STOPS:
            denied = 0
        elif word in NEGATIONS or word.endswith("n't"):
            denied = REACH
        elif word in NOBODY:
            found.append(Fact(Kind.NEGATION, root(NOBODY[word]), word=word))
            denied = 0
        elif (fact := _fact(word)) is not None:
            if not denied:
                found.append(fact)
            elif fact.kind is Kind.WORD:
                found.append(Fact(Kind.NEGATION, fact.value, word=fact.word))
                denied = 0  # "no people on the street": the street is there
            else:
                denied -= 1  # "no red cars": nothing is red
    return found


def _words(text: str) -> list[str]:
    """Split a text into words and stops; what has a hyphen is one word only if it is in a list."""
    text = text.lower().replace("\u2019", "'")
    for pattern, word in PHRASES.items():
        text = re.sub(rf"\b{pattern}\b", word, text)
    found: list[str] = []
    for word in WORD.findall(text):
        found += [word] if word in CAMERA or word in DIRECTIONS else _number(word) or word.split("-")
    return found


def _number(word: str) -> list[str]:
    """Read a number such as twenty-one; nothing for any other word."""
    tens, _, ones = word.partition("-")
    if tens in NUMBERS and ones in NUMBERS and int(NUMBERS[tens]) % 10 == 0 and 0 < int(NUMBERS[ones]) < 10:
        return [str(int(NUMBERS[tens]) + int(NUMBERS[ones]))]
    return []


def _fact(word: str) -> Fact | None:
    word = SAME_COLOUR.get(word, word)
    if word[0].isdigit():
        return Fact(Kind.COUNT, word.replace(",", ""))
    if word in NUMBERS and word not in NOT_COUNTS:
        return Fact(Kind.COUNT, NUMBERS[word])
    if word in COLOURS:
        return Fact(Kind.COLOUR, SHADES.get(word, word), word=word)
    if word in DIRECTIONS:
        return Fact(Kind.DIRECTION, DIRECTIONS[word])
    if word in CAMERA:
        return Fact(Kind.CAMERA, CAMERA[word])
    word = word.removesuffix("'s")
    if word in FUNCTION or len(word) == 1 or any(map(_is_foreign, word)):
        return None
    return Fact(Kind.WORD, root(word), word=word)

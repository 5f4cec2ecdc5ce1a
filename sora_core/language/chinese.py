"""A small Chinese word list: enough to find colours, numbers, directions, common things and negations in a prompt.

Longest match, left to right. What the list does not have is returned as it is, and nothing is claimed of it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..tensors.foreign_files import parse_json

WORDS = Path(__file__).parent.parent / "assets" / "language" / "chinese.json"
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
PUNCTUATION = str.maketrans("\u3002\uff0c\u3001\uff1b\uff1a\uff01\uff1f", ".,,;:!?")


class Piece(NamedTuple):
    """A word of a text. group: of the word list, "" for what it does not have. english: its plain English word."""

    text: str
    group: str
    english: str


def is_chinese(text: str) -> bool:
    """Whether a text has Chinese characters (and no Japanese or Korean ones, which need other lists)."""
    return bool(HAN.search(text)) and not re.search("[\u3040-\u30ff\uac00-\ud7af]", text)


def pieces(text: str) -> list[Piece]:
    """Split a text into words of the list and what lies between them."""
    words, longest = _words()
    found: list[Piece] = []
    between, at = "", 0
    text = text.translate(PUNCTUATION)
    while at < len(text):
        length = next((size for size in range(longest, 0, -1) if text[at : at + size] in words), 0)
        if not length:
            between += text[at]
            at += 1
            continue
        if between:
            found.append(Piece(between, "", ""))
            between = ""
        found.append(words[text[at : at + length]])
        at += length
    return [*found, Piece(between, "", "")] if between else found


def to_english(text: str) -> str:
    """Put the English word in place of each word of the list, and leave the rest as it is."""
    return " ".join(" ".join(each.english if each.group else each.text for each in pieces(text)).split())


def to_chinese(english: str) -> str:
    """Return the first word of the list for an English one. Raises ValueError where it has none."""
    words, _ = _words()
    for word, piece in words.items():
        if piece.english == english:
            return word
    raise ValueError(f"the list has no Chinese word for {english!r}")


@cache
def _words() -> tuple[dict[str, Piece], int]:
    groups = parse_json(WORDS.read_bytes())
    words = {word: Piece(word, group, english) for group, table in groups.items() for word, english in table.items()}
    return words, max(map(len, words))

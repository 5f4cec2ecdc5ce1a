"""Text from files and names of files, made safe for a terminal: control characters in them could drive it."""

from __future__ import annotations

import unicodedata

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format (such as right to left), lone surrogates, line breaks
PLAIN = "\n\t"
JOINERS = "\u200c\u200d"  # which some languages and emoji need


def printable(text: str) -> str:
    """Return the text with its control characters written out, such as \\x1b; line ends and tabs stay."""
    return "".join(each if each in PLAIN or not is_control(each) else _written(each) for each in text)


def is_control(character: str) -> bool:
    """Whether a character changes how a terminal or a file name shows the others."""
    return unicodedata.category(character) in HIDDEN and character not in JOINERS


def has_control(text: str) -> bool:
    """Whether a name has such a character; line ends and tabs are among them."""
    return any(map(is_control, text))


def _written(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

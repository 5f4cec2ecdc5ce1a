"""Misspelt words of a prompt: the nearest word of the lexicon, where it is near enough and the only one.

A word that says nothing, such as "travels", is only read where two neighbouring letters changed places: else the name
of a thing could be lost as one of them, "cat" as "at".
"""

from __future__ import annotations

from collections.abc import Collection

SHORTEST = 3  # letters of a word that may be misspelt
LONG = 6  # letters of a word that may have two errors
SAME = 2  # letters at the start that must be right where there are two errors: "people" is not "purple"
SWAPPED = 5  # letters of a word that says nothing and may have two of them swapped: "form" is not "from"


def corrected(word: str, words: Collection[str]) -> str:
    """Return the word of a collection that is meant; "" where none is near, or several are as near."""
    if len(word) < SHORTEST or not word.replace("-", "").isalpha():
        return ""
    most = 2 if len(word) >= LONG else 1
    near: dict[int, list[str]] = {}
    for other in words:
        apart = distance(word, other) if abs(len(other) - len(word)) <= most else most + 1
        if apart > 1 and word[:SAME] != other[:SAME]:
            continue
        if len(word) == SHORTEST and len(other) <= SHORTEST:
            continue  # three letters are near too many others: only one that was left out is put right
        near.setdefault(apart, []).append(other)
    best = min(near, default=most + 1)
    if best > most or len(near[best]) > 1:
        return ""
    return near[best][0]


def unswapped(word: str, words: Collection[str]) -> str:
    """Return the word of a collection in which two neighbouring letters change places; "" without a single one."""
    if len(word) < SWAPPED or not word.replace("-", "").isalpha():
        return ""
    turned = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)} - {word}
    meant = turned.intersection(words)
    return meant.pop() if len(meant) == 1 else ""


def distance(one: str, other: str) -> int:
    """Count the letters to insert, delete, replace or swap with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, last, row = row, before, [at]
        for to, there in enumerate(other, 1):
            best = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != there))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == there:
                best = min(best, last[to - 2] + 1)
            row.append(best)
    return row[-1]

"""Misspelt words of a prompt: the nearest word of the lexicon, where it is near enough and the only one."""

from __future__ import annotations

from collections.abc import Collection

SHORTEST = 4  # letters of a word that may be misspelt: three letters are near too many words
LONG = 7  # letters of a word that may have two errors


def corrected(word: str, words: Collection[str]) -> str:
    """Return the word of a collection that is meant; "" where none is near, or several are as near."""
    if len(word) < SHORTEST or not word.isalpha():
        return ""
    most = 2 if len(word) >= LONG else 1
    near: dict[int, list[str]] = {}
    for other in words:
        if abs(len(other) - len(word)) <= most and len(other) >= SHORTEST - 1:
            near.setdefault(distance(word, other), []).append(other)
    best = min(near, default=most + 1)
    if best > most or len(near[best]) > 1:
        return ""
    return near[best][0]


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

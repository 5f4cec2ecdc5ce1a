"""Mutations of files and of JSON documents, each drawn from a random generator: the same seed gives the same ones."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

MOST_EDITS = 4
ODD_NUMBERS = (
    0,
    1,
    -1,
    2,
    255,
    2**31 - 1,
    2**31,
    2**53,
    -(2**63),
    10**30,
    0.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
)
ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "\x1b[2J",
    "..",
    "../outside/canary.png",
    "/etc/hostname",
    "a:b",
    "\u00e9" * 300,
    "%s",
    "None",
)
ODD_VALUES: tuple[Any, ...] = (*ODD_NUMBERS, *ODD_TEXTS, None, True, False, [], {}, [[]], [None], {"": ""}, ["1", 0])

Edit = Callable[[bytearray, random.Random], None]


def mutated_bytes(data: bytes, rng: random.Random) -> bytes:
    """Change a file's bytes in one to four places, its beginning more often than the rest."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, MOST_EDITS)):
        if changed:
            rng.choice(EDITS)(changed, rng)
    return bytes(changed)


def mutated_document(document: Any, rng: random.Random) -> Any:
    """Change one to three values of a JSON document: another value, another type, a name, or nothing where one was."""
    changed = {"": copy.deepcopy(document)}
    for _ in range(rng.randint(1, 3)):
        known = list(places(changed))
        parts = [place for place in known if place[0] is changed[""]]  # few, and the rest hangs on them
        holder, key = rng.choice(parts if parts and rng.random() < 0.2 else known)
        kind = rng.randrange(5)
        if kind == 0 and holder is not changed:
            del holder[key]
        elif kind == 1 and isinstance(holder, dict) and holder is not changed:
            holder[str(rng.choice(ODD_TEXTS))] = holder.pop(key)
        elif kind == 2:
            holder[key] = copy.deepcopy(rng.choice([other[name] for other, name in known]))
        elif kind == 3 and isinstance(holder[key], int | float):
            holder[key] = rng.choice(ODD_NUMBERS)
        else:
            holder[key] = copy.deepcopy(rng.choice(ODD_VALUES))
    return changed[""]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Walk through every place of a document, as what holds it and its key there."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


def _place(data: bytearray, rng: random.Random) -> int:
    near = min(len(data), 4096)
    return rng.randrange(near if rng.random() < 0.6 else len(data))


def _flip(data: bytearray, rng: random.Random) -> None:
    data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _overwrite(data: bytearray, rng: random.Random) -> None:
    at, length = _place(data, rng), rng.choice((1, 2, 4, 8, 64))
    filler = rng.choice((b"\x00", b"\xff", b"\x7f", bytes([rng.randrange(256)])))
    data[at : at + length] = filler * len(data[at : at + length])


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[_place(data, rng) :]


def _remove(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    del data[at : at + rng.choice((1, 3, 16, 500))]


def _repeat(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    data[at:at] = data[at : at + rng.choice((1, 8, 100, 2000))]


def _insert(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    data[at:at] = rng.randbytes(rng.choice((1, 4, 33)))


EDITS: tuple[Edit, ...] = (_flip, _flip, _overwrite, _overwrite, _cut, _remove, _repeat, _insert)

"""Evaluates how much one attribute of a caption changes what the DiT gets of the text.

A DiT learns late, or never, what hardly changes its text: of two text encoders that state facts equally well, one may
tell "left" from "right" by a thirtieth of what tells "red" from "blue".
"""

from __future__ import annotations

import random
from collections import defaultdict
from enum import Enum
from typing import Any

import torch

from ..models.wan.dit.model import mean_of_tokens
from ..models.wan.text_encoder import TextEncoder
from ..pipeline import Pipeline
from ..world.flat import Style, caption, held_out
from ..world.flat.attributes import Attributes

ENDS, WORDINGS = "direction, both ends named", 200
"""Wordings such as "from left to right", which only the order of words tells apart; and how many are tried for one."""


@torch.no_grad()
def score_words(pipe: Pipeline, *, count: int, seed: int = 0) -> dict[str, float]:
    """Change each attribute of `count` held-out combinations of the flat world: attribute -> change of the mean token.

    The change is in shares of the mean token's length, the mean over captions in the same wording. ENDS is the opposite
    direction in wordings that name both ends.
    """
    rng = random.Random(seed)
    changes: dict[str, list[float]] = defaultdict(list)
    for number, wanted in enumerate(held_out()[:count]):
        for name in Attributes._fields:
            changed: dict[str, Any] = {name: _another(getattr(wanted, name), rng)}
            other = wanted._replace(**changed)
            changes[name].append(_change(pipe.text_encoder, wanted, other, wording=seed + number))
        opposite = wanted._replace(direction=wanted.direction.opposite)
        tried = range(seed + number, seed + number + WORDINGS)
        wording = next((one for one in tried if " from " in _told(wanted, one)), None)
        if wording is not None:
            changes[ENDS].append(_change(pipe.text_encoder, wanted, opposite, wording=wording))
    return {name: sum(found) / len(found) for name, found in changes.items()}


def _another(value: Enum, rng: random.Random) -> Enum:
    return rng.choice([one for one in type(value) if one is not value])


def _told(wanted: Attributes, wording: int) -> str:
    return caption(wanted, Style.DESCRIPTIVE, random.Random(wording))


def _change(encoder: TextEncoder, one: Attributes, other: Attributes, *, wording: int) -> float:
    texts = [_told(wanted, wording) for wanted in (one, other)]
    first, second = mean_of_tokens(encoder(encoder.tokenize(texts))).float()
    return float((first - second).norm() / first.norm())

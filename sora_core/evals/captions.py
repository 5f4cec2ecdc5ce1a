"""Evaluates the captioner on held-out true clips: which facts of detailed captions it states, and which it invents."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any, NamedTuple

from ..canvas.shapes import VideoShape
from ..language.facts import Fact
from ..language.grammar import WorldReader
from ..models.captioner import Captioner
from ..pipeline import Pipeline
from ..world import Domain, Style
from ..world.domain import KINDS_AMONG, SceneT
from .encoding import encode

BATCH = 16
AS_DRAWN = "all, as often as drawn"
OBJECT = "object "  # what facts of an object are about; captions name objects in an order that no clip shows


class FactShare(NamedTuple):
    """How one kind of facts is told. precision: right ones of those told; recall: told ones of the true.

    scene: a kind of scenes, or AS_DRAWN for all of them, each as often as the domain draws it.
    """

    scene: str
    fact: str
    true: int
    told: int
    precision: float
    recall: float


def score_captions(
    pipe: Pipeline, captioner: Captioner, domain: Domain[Any, Any], video: VideoShape, *, count: int, seed: int = 0
) -> list[FactShare]:
    """Describe `count` held-out clips of a domain through the VAE's latents, and read both captions by the grammar.

    Each kind of scene has an equal part of the clips.
    """
    rng, reader = random.Random(seed), WorldReader([domain.name])
    scenes, often = scenes_of_kinds(domain, count, rng)
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])  # true, told, both
    for first in range(0, count, BATCH):
        part = scenes[first : first + BATCH]
        told = captioner.describe(encode(pipe, domain.render(part, video, pipe.fps)))
        for scene, text in zip(part, told, strict=True):
            true = set(reader.facts(domain.caption(scene, Style.RICH, rng)))
            stated = best_named(true, set(reader.facts(text)))
            for place, facts in enumerate((true, stated, true & stated)):
                for fact in facts:
                    counts[domain.kind(scene), fact.kind.value][place] += 1
    shares = [
        FactShare(scene, fact, true, told, both / max(1, told), both / max(1, true))
        for (scene, fact), (true, told, both) in sorted(counts.items())
    ]
    clips = Counter(map(domain.kind, scenes))
    return shares + as_drawn(shares, {kind: often[kind] / clips[kind] for kind in clips})


def as_drawn(shares: Iterable[FactShare], weights: Mapping[str, float]) -> list[FactShare]:
    """Return the shares of all kinds of scenes together. weights: of a clip of each kind."""
    facts: dict[str, list[FactShare]] = defaultdict(list)
    for share in shares:
        facts[share.fact].append(share)
    rows = []
    for fact, parts in sorted(facts.items()):
        right = sum(weights[part.scene] * part.recall * part.true for part in parts)
        told = sum(weights[part.scene] * part.told for part in parts)
        true = sum(weights[part.scene] * part.true for part in parts)
        counts = (sum(part.true for part in parts), sum(part.told for part in parts))
        rows.append(FactShare(AS_DRAWN, fact, *counts, right / told if told else 0.0, right / true if true else 0.0))
    return rows


def scenes_of_kinds(
    domain: Domain[SceneT, Any], count: int, rng: random.Random
) -> tuple[list[SceneT], Mapping[str, int]]:
    """Draw `count` held-out scenes, of each kind as many as of the others; kinds that hardly ever come are left out.

    Also returns how many of KINDS_AMONG scenes are of each kind.
    """
    drawn = [domain.sample(rng, unseen=True) for _ in range(KINDS_AMONG)]
    often = Counter(map(domain.kind, drawn))
    kinds = sorted(often)
    lacking = {kind: count // len(kinds) + (place < count % len(kinds)) for place, kind in enumerate(kinds)}
    taken: list[SceneT] = []
    while len(taken) < count:
        scene = drawn.pop(0) if drawn else domain.sample(rng, unseen=True)
        kind = domain.kind(scene)
        if lacking.get(kind, 0) > 0:
            lacking[kind] -= 1
            taken.append(scene)
    return taken, often


def best_named(true: Iterable[Fact], told: Iterable[Fact]) -> set[Fact]:
    """Return the facts that are told, with its objects numbered so that most of them are true."""
    wanted, told = set(true), set(told)
    names = sorted({fact.about for fact in (*wanted, *told) if fact.about.startswith(OBJECT)})
    renamed = (
        {replace(fact, about=dict(zip(names, order, strict=True)).get(fact.about, fact.about)) for fact in told}
        for order in permutations(names)
    )
    return max(renamed, key=lambda facts: len(facts & wanted))

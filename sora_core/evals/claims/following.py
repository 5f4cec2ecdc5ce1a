"""Prompt following by attribute: clips of held-out scenes' captions, read by the checks of their domains."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from ...canvas.shapes import VideoShape
from ...models.wan.families import OWN
from ...world import DOMAINS, Domain, Style
from .subject import Subject


class Following(NamedTuple):
    """What a model made of prompts of one domain.

    prompts: one for each clip. clips: [B 3 F H W] in -1..1. hits: for each attribute, of the clips that show it.
    overall: for each clip, the share of its attributes that are right.
    """

    domain: str
    prompts: list[str]
    clips: torch.Tensor
    hits: dict[str, list[bool]]
    overall: list[float]


def chosen_domains(names: Sequence[str]) -> list[Domain[Any, Any]]:
    """Return the domains of these names, or all for none. Raises ValueError for an unknown one."""
    unknown = [name for name in names if name not in DOMAINS]
    if unknown:
        raise ValueError(f"got the domain {unknown[0]!r}, expected some of {', '.join(DOMAINS)}")
    return [DOMAINS[name] for name in names or DOMAINS]


def follow(
    subject: Subject | None,
    domain: Domain[Any, Any],
    video: VideoShape,
    *,
    styles: Sequence[Style],
    count: int,
    seed: int,
) -> Following:
    """Generate and check `count` held-out scenes; the same scenes, prompts and seeds for every subject.

    subject: None for the true clips of the same scenes. styles: of the prompts, by turns.
    """
    rng = random.Random(f"{seed}/{domain.name}")
    scenes = [domain.sample(rng, unseen=True) for _ in range(count)]
    prompts = [
        domain.caption(scene, styles[index % len(styles)], random.Random(f"{seed}/{index}"))
        for index, scene in enumerate(scenes)
    ]
    fps = subject.fps if subject else OWN.fps
    clips = subject.generated(prompts, video, seed=seed) if subject else domain.render(scenes, video, fps)
    hits: dict[str, list[bool]] = defaultdict(list)
    overall: list[float] = []
    for scene, clip in zip(scenes, clips, strict=True):
        found = domain.check(scene, clip, fps)
        overall.append(sum(found.values()) / len(found))
        for name, is_right in found.items():
            hits[name].append(is_right)
    return Following(domain.name, prompts, clips, dict(hits), overall)

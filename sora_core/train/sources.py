"""The sources of training clips, from the world's domains by name. No other module of training names a domain."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from ..canvas.shapes import VideoShape
from ..world import DOMAINS, Domain
from ..world.facts import facts_of
from ..world.flat import (
    Connections,
    Flat,
    RicherShares,
    caption,
    draw_connection,
    join_connections,
    render_connections,
    sample_connections,
)
from ..world.shots import Shots
from ..world.solids import Solids
from ..world.solids.connections import Connection as SolidConnection
from ..world.solids.connections import render_connections as render_solid_connections
from ..world.solids.transitions import draw_connection as draw_solid_connection
from ..world.spans import shortest_transition
from .caption_choice import ALL_CAPTIONS, CaptionChoice
from .clip_source import MixedSource, MixedTransitions, TrainingSources, TransitionSource
from .domain_clips import DomainClips
from .flat_stretches import flat_stretches

Weights = tuple[tuple[str, float], ...]
"""Names of domains with the relative shares of their clips."""


class FlatTransitions:
    """A TransitionSource of the flat domain's true transitions. step: pixel frames per latent frame."""

    def __init__(self, fps: float, device: torch.device, *, step: int, told: CaptionChoice = ALL_CAPTIONS) -> None:
        self.fps, self.device, self.step, self.told = fps, device, step, told

    @property
    def min_frames(self) -> int:
        """See ClipSource."""
        return shortest_transition(self.step)

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[Connections]:
        """See ClipSource. Each scene is a batch of one."""
        return [self._sampled(video, rng, unseen=False) for _ in range(count)]

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> list[Connections]:
        """See ClipSource."""
        return [self._sampled(video, rng, unseen=True) for _ in range(count)]

    def _sampled(self, video: VideoShape, rng: random.Random, *, unseen: bool) -> Connections:
        return sample_connections([draw_connection(video.frames, self.step, rng, unseen=unseen)], rng)

    def render(self, scenes: Sequence[Connections], video: VideoShape) -> torch.Tensor:
        """See ClipSource."""
        return render_connections(join_connections(scenes).to(self.device), video, self.fps)

    def captions(self, scenes: Sequence[Connections], rng: random.Random, *, still: bool = False) -> list[str]:
        """See ClipSource. They are never wrong."""
        styles = self.told.styles
        return [caption(scene.wanted[0].first, rng.choice(styles), rng, still=still) for scene in scenes]

    def facts(self, scenes: Sequence[Connections]) -> list[list[str]]:
        """See ClipSource. Those of the first part."""
        first = (facts_of("flat.attributes", scene.wanted[0].first) for scene in scenes)
        return [[f"{name}={value}" for name, value in facts.items()] for facts in first]

    def corpus(self, rng: random.Random) -> list[str]:
        """See ClipSource."""
        return DomainClips(Flat(), self.fps, self.device).corpus(rng)

    def between(self, scene: Connections) -> range:
        """See TransitionSource."""
        (one,) = scene.wanted
        return range(one.leave + 1, one.arrive)


class SolidTransitions:
    """A TransitionSource of the solids domain's true transitions. step: pixel frames per latent frame."""

    def __init__(self, fps: float, device: torch.device, *, step: int, told: CaptionChoice = ALL_CAPTIONS) -> None:
        self.clips = DomainClips(Solids(), fps, device, replace(told, noise=0.0))  # captions are never wrong
        self.fps, self.device, self.step = fps, device, step

    @property
    def min_frames(self) -> int:
        """See ClipSource."""
        return shortest_transition(self.step)

    def draw(self, count: int, video: VideoShape, rng: random.Random) -> list[SolidConnection]:
        """See ClipSource."""
        return [draw_solid_connection(video.frames, self.step, self.fps, rng) for _ in range(count)]

    def unseen(self, count: int, video: VideoShape, rng: random.Random) -> list[SolidConnection]:
        """See ClipSource."""
        return [draw_solid_connection(video.frames, self.step, self.fps, rng, unseen=True) for _ in range(count)]

    def render(self, scenes: Sequence[SolidConnection], video: VideoShape) -> torch.Tensor:
        """See ClipSource."""
        return render_solid_connections(scenes, video, self.fps, device=self.device)

    def captions(self, scenes: Sequence[SolidConnection], rng: random.Random, *, still: bool = False) -> list[str]:
        """See ClipSource."""
        return self.clips.captions([scene.before for scene in scenes], rng, still=still)

    def facts(self, scenes: Sequence[SolidConnection]) -> list[list[str]]:
        """See ClipSource. Those of the first part."""
        return self.clips.facts([scene.before for scene in scenes])

    def corpus(self, rng: random.Random) -> list[str]:
        """See ClipSource."""
        return self.clips.corpus(rng)

    def between(self, scene: SolidConnection) -> range:
        """See TransitionSource."""
        return range(scene.leave + 1, scene.arrive)


def build_sources(
    weights: Weights,
    fps: float,
    device: torch.device,
    *,
    step: int,
    told: CaptionChoice = ALL_CAPTIONS,
    flat: Flat | None = None,
    even: bool = False,
) -> TrainingSources:
    """Build the sources of a mixture of domains.

    step: pixel frames per latent frame. told: which captions the clips have. flat: in place of the flat domain as it
    is. even: each kind of a domain's scenes comes as often as the others. Raises ValueError as check_weights.
    """
    check_weights(weights)
    domains: dict[str, Domain[Any, Any]] = {name: DOMAINS[name] for name, _ in weights}
    if flat is not None and Flat.name in domains:
        domains[Flat.name] = flat
    windows = {name: _for_windows(domain) for name, domain in domains.items()}
    mixed = [
        MixedSource([(DomainClips(chosen[name], fps, device, told, even=even), weight) for name, weight in weights])
        for chosen in (domains, windows)
    ]
    of_domains = [(_transitions_of(domains[name], fps, device, step, told), weight) for name, weight in weights]
    transitions = [(source, weight) for source, weight in of_domains if source is not None]
    made_from = ",".join(f"{name}={weight:g}" for name, weight in weights)
    if flat is not None:
        made_from += f", richer {'/'.join(f'{share:g}' for share in flat.richer)}{' balanced' * flat.balanced}"
    if even:
        made_from += ", kinds evenly"
    if any(isinstance(source, SolidTransitions) for source, _ in transitions):
        made_from += ", solids with transitions"  # pools that were kept before there were any are refused
    return TrainingSources(
        made_from=made_from,
        clips=mixed[0],
        windows=mixed[1],
        transitions=_as_one(transitions),
        transition_domain=sum(weight for _, weight in transitions) / sum(weight for _, weight in weights),
        stretches=flat_stretches(fps, device, step=step, told=told) if "flat" in domains else (),
    )


def _transitions_of(
    domain: Domain[Any, Any], fps: float, device: torch.device, step: int, told: CaptionChoice
) -> TransitionSource[Any] | None:
    """Return the source of a domain's transitions; None if it has none."""
    if isinstance(domain, Flat):
        return FlatTransitions(fps, device, step=step, told=told)
    return SolidTransitions(fps, device, step=step, told=told) if isinstance(domain, Solids) else None


def _as_one(sources: Sequence[tuple[TransitionSource[Any], float]]) -> TransitionSource[Any] | None:
    if len(sources) < 2:
        return sources[0][0] if sources else None
    return MixedTransitions(sources)


def _for_windows(domain: Domain[Any, Any]) -> Domain[Any, Any]:
    """Return the domain whose clips may be shown in part in place of this one's."""
    if isinstance(domain, Flat):  # only plain scenes: the smaller objects of richer ones make sizes drift
        return Flat(RicherShares())
    if isinstance(domain, Shots):  # its captions tell of shots that a part may not show
        return Solids()
    return domain


def parse_weights(text: str) -> Weights:
    """Read `solids=4,flat=1`; a name without a number has the weight 1. Raises ValueError as check_weights does."""
    weights = []
    for part in text.split(","):
        name, _, number = part.partition("=")
        try:
            weights.append((name.strip(), float(number or 1)))
        except ValueError as error:
            raise ValueError(f"got {part!r} among the domains, expected NAME=WEIGHT") from error
    check_weights(weights)
    return tuple(weights)


def check_weights(weights: Sequence[tuple[str, float]]) -> None:
    """Raise ValueError for an unknown or repeated domain, and for a weight that is not > 0."""
    for name, weight in weights:
        if name not in DOMAINS:
            raise ValueError(f"got the domain {name!r}, expected some of {', '.join(DOMAINS)}")
        if not (math.isfinite(weight) and weight > 0):
            raise ValueError(f"got the weight {weight:g} for the domain {name}, expected a number > 0")
    if len(dict(weights)) != len(weights):
        raise ValueError(f"got the domains {', '.join(name for name, _ in weights)}, expected each once")

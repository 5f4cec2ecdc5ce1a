"""What fails: kinds of failures with their rates, as the report shows its own.

A clip fails if one of the checks that a kind names does. The rates of true clips, and of true clips through the VAE,
say how often the checks or the VAE are to blame.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...canvas.shapes import VideoShape
from ...world import DOMAINS, Style
from ..tables import Row
from .claim import THROUGH_VAE, TRUE, Outcome, Request, Shown, share
from .permanence import behind_another, looked_away_from
from .pictures import labelled, strip
from .subject import Subject

GENERATED = "generated"
ORDINALS = ("", "second ", "third ")
COLUMNS = (GENERATED, THROUGH_VAE, TRUE)
SHOWN_FRAMES = 9  # of a clip in the picture


@dataclass(frozen=True)
class Failure:
    """A kind of failure.

    name: what is seen. domain: of the prompts. checks: those of which one that fails is the failure.
    draw: draws a held-out scene. frames: of a clip. scale: factor on the sides of its frames.
    """

    name: str
    domain: str
    checks: tuple[str, ...]
    draw: Callable[[random.Random], Any]
    frames: int = 17
    scale: int = 1


def of_kind(domain: str, kinds: Sequence[str]) -> Callable[[random.Random], Any]:
    """Return a function that draws held-out scenes of these kinds of a domain."""

    def draw(rng: random.Random) -> Any:
        while True:
            scene = DOMAINS[domain].sample(rng, unseen=True)
            if DOMAINS[domain].kind(scene) in kinds:
                return scene

    return draw


def out_of_sight(rng: random.Random) -> Any:
    """Draw a scene with an object that is out of sight for a while."""
    return rng.choice((behind_another, looked_away_from))(rng)


def _of_each(*names: str) -> tuple[str, ...]:
    """Name checks of the first, second and third object."""
    return tuple(f"{ordinal}{name}" for name in names for ordinal in ORDINALS)


ONE, SEVERAL = of_kind("solids", ("1 objects",)), of_kind("solids", ("2 objects", "3 objects"))
FAILURES = (
    Failure("attributes of several objects are mixed up", "solids", _of_each("colour", "shape"), SEVERAL),
    Failure("several objects do not all move as told", "solids", _of_each("motion"), SEVERAL),
    Failure("the camera takes another path", "solids", ("camera",), ONE),
    Failure("what was out of sight does not come back", "solids", ("comes back",), out_of_sight),
    Failure("the player does something else", "game", ("action", "permanence"), of_kind("game", ("side", "top"))),
    Failure("the brush takes another course", "painter", ("path", "way"), of_kind("painter", ("stroke",))),
    Failure("food is bitten elsewhere or too often", "painter", ("bites", "side"), of_kind("painter", ("meal",))),
    Failure("frames of twice the size of training", "solids", ("colour", "shape"), ONE, scale=2),
    Failure("97 frames at once, without windows", "solids", ("colour", "shape", "motion"), ONE, frames=97),
)


class Limits:
    """See Claim."""

    several = False

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        (subject,) = subjects
        rows: list[Row] = []
        pictures = []
        for failure in FAILURES:
            domain, rng = DOMAINS[failure.domain], random.Random(f"{request.seed}/limits/{failure.name}")
            scenes = [failure.draw(rng) for _ in range(request.count)]
            prompts = [domain.caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
            size = subject.video(failure.frames)
            video = VideoShape(size.frames, failure.scale * size.height, failure.scale * size.width)
            shown = clips_of(subject, domain.render(scenes, video, subject.fps), prompts, seed=request.seed)
            failed = {
                name: [has_failed(failure, scene, clip, subject.fps) for scene, clip in zip(scenes, clips, strict=True)]
                for name, clips in shown.items()
            }
            rates = {name: share(failed.get(name, [])) for name in COLUMNS}
            rows.append({"failure": failure.name, "domain": failure.domain, "clips": request.count, **rates})
            worst = next(iter(shown))
            index = failed[worst].index(True) if True in failed[worst] else 0
            moments = range(0, video.frames, max(1, video.frames // SHOWN_FRAMES))
            pictures.append((f"{failure.name} ({worst}): {prompts[index]}", strip(shown[worst][index], moments)))
        return Outcome(rows, labelled(pictures))


def clips_of(subject: Subject, true: torch.Tensor, prompts: Sequence[str], *, seed: int) -> Shown:
    """Make clips of the prompts, if there is a model, then true clips [B 3 F H W] through the VAE and as they are."""
    shown: Shown = {}
    if subject.pipe:
        shown[GENERATED] = subject.generated(prompts, VideoShape(*true.shape[2:]), seed=seed)
    return shown | {THROUGH_VAE: subject.through_vae(true), TRUE: true}


def has_failed(failure: Failure, scene: Any, clip: torch.Tensor, fps: float) -> bool:
    """Tell whether a clip [3 F H W] fails. Checks that the scene or the clip has not do not count."""
    found = DOMAINS[failure.domain].check(scene, clip, fps)
    return not all(found.get(name, True) for name in failure.checks)

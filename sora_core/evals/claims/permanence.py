"""The claim of permanence: "our model can persist people, animals and objects even when they are occluded or leave".

An object goes behind another one, or the camera looks away from it and back. A true clip is given until the object is
out of sight, and extended. It must come back: as itself, in its place, and farther on if it was moving.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import torch

from ...world import Style
from ...world.solids import Motion, Scene, caption, check, render, scene_of
from ...world.solids.attributes import AWAY, CROSSING
from ...world.solids.labels import colour_label, label_pixels
from ...world.solids.sampling import can_hide, sample_attributes
from ..tables import Row
from .claim import THROUGH_VAE, TRUE, Outcome, Request, Shown, Tally
from .pictures import labelled, strip
from .subject import Subject

FRAMES, GIVEN = 17, 9  # of a clip, and how many of them are known: until the object is out of sight
PRESENT = 0.5  # share of its true area that must be seen in the last frame
EXTENDED, PROMPTED = "extended from out of sight", "generated from its caption"
FROZEN, BACKWARDS = "the last known frame, frozen", "the known frames, played backwards"
COLUMNS = ("present", "comes back as itself", "in its place", "moved on", "distance from its true place, pixels")


def behind_another(rng: random.Random) -> Scene:
    """Draw a held-out scene in which the last object passes behind the first."""
    while True:
        first = sample_attributes(rng, unseen=True)
        if can_hide(first):
            return scene_of(first, rng, count=2, behind=True)


def looked_away_from(rng: random.Random) -> Scene:
    """Draw a held-out scene of one object from which the camera looks away and back."""
    while True:
        first = sample_attributes(rng, unseen=True)
        if first.camera in AWAY and first.solid.motion in (Motion.STAND, *CROSSING):
            return scene_of(first, rng)


KINDS: dict[str, Callable[[random.Random], Scene]] = {
    "behind another object": behind_another,
    "the camera looks away": looked_away_from,
}


class Permanence:
    """See Claim."""

    several = False

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        (subject,) = subjects
        rows: list[Row] = []
        pictures = []
        for kind, draw in KINDS.items():
            rng = random.Random(f"{request.seed}/permanence/{kind}")
            scenes = [draw(rng) for _ in range(request.count)]
            shown = clips_of(subject, scenes, rng, seed=request.seed)
            for name, clips in shown.items():
                tally = Tally(COLUMNS)
                for scene, clip, true in zip(scenes, clips, shown[TRUE], strict=True):
                    score(tally, scene, clip, subject.fps, true=None if name == PROMPTED else true)
                rows.append(tally.row({"out of sight": kind, "shown": name, "clips": request.count}))
                pictures.append((f"{kind}: {name}", strip(clips[0], range(0, FRAMES, 2))))
        return Outcome(rows, labelled(pictures))


def clips_of(subject: Subject, scenes: Sequence[Scene], rng: random.Random, *, seed: int) -> Shown:
    """Make true clips, the same through the VAE, what the model makes, and two that must fail."""
    prompts = [caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
    video = subject.video(FRAMES)
    true = render(scenes, video, subject.fps)
    shown = {TRUE: true, THROUGH_VAE: subject.through_vae(true)}
    if subject.pipe:
        shown[EXTENDED] = subject.extended(true, prompts, GIVEN, seed=seed)
        shown[PROMPTED] = subject.generated(prompts, video, seed=seed)
    known = true[:, :, :GIVEN]
    shown[FROZEN] = torch.cat([known, known[:, :, -1:].expand(-1, -1, FRAMES - GIVEN, -1, -1)], dim=2)
    shown[BACKWARDS] = torch.cat([known, known.flip(2)[:, :, 1:]], dim=2)
    return shown


def score(tally: Tally, scene: Scene, clip: torch.Tensor, fps: float, *, true: torch.Tensor | None) -> None:
    """Measure a clip [3 F H W]. true: the true one, if the clip should be the same; a prompt leaves places open."""
    found = check(scene, clip, fps)
    tally.add("comes back as itself", found["comes back"])
    if "in place" in found:
        tally.add("in its place", found["in place"])
    if "moves on" in found:
        tally.add("moved on", found["moves on"])
    if true is None:
        return
    mine, wanted = (_pixels_of_last(scene, one[:, -1:]) for one in (clip, true))
    present = float(mine.sum()) > PRESENT * float(wanted.sum())
    tally.add("present", present)
    if present:
        middles = [marked.nonzero().float().mean(dim=0) for marked in (mine, wanted)]
        tally.add("distance from its true place, pixels", float((middles[0] - middles[1]).norm()))


def _pixels_of_last(scene: Scene, frame: torch.Tensor) -> torch.Tensor:
    """Mark the pixels of the last object's colour in a frame [3 1 H W]: bool [H W]."""
    labels = label_pixels((frame / 2 + 0.5).clamp(0, 1), scene.floor, scene.sky)[0]
    return labels == colour_label(scene.objects[-1].solid.colour)

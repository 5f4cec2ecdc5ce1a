"""The claim of interacting with the world: "a painter can leave new strokes along a canvas that persist over time".

Two parts: a clip from a prompt, in which paint comes and stays, or food goes bite by bite; and a true clip, whole, that
is extended by two seconds in which nothing may come undone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from ...world import Style
from ...world.colour_distance import colour_distance
from ...world.painter import Painter
from ..tables import Row
from .claim import THROUGH_VAE, TRUE, Outcome, Request, Shown, Tally
from .pictures import labelled, strip
from .subject import Subject

FRAMES, LONGER = 17, 33  # of a clip from a prompt, and of one that is extended
SAME = 0.25  # rgb distance (0..1) up to which a pixel is as it was
PROMPT, EXTENSION = "from a prompt", "extension by 2 s"
GENERATED, WIPED = "generated", "undone: the first frame again at the end"
KINDS = {"stroke": "grows", "meal": "bites"}  # kinds of scenes, with the check that the change happens
COLUMNS = ("the change happens", "stays in every frame", "changed pixels that are kept")


class Interaction:
    """See Claim."""

    several = False

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        (subject,) = subjects
        domain, rng = Painter(), random.Random(f"{request.seed}/interaction")
        scenes = [domain.sample(rng, unseen=True) for _ in range(request.count)]
        prompts = [domain.caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
        kinds = [domain.kind(scene) for scene in scenes]
        rows: list[Row] = []
        pictures = []
        for part, frames in ((PROMPT, FRAMES), (EXTENSION, LONGER)):
            true = domain.render(scenes, subject.video(frames), subject.fps)
            shown = clips_of(subject, true, prompts, seed=request.seed)
            for name, clips in shown.items():
                tallies = {kind: Tally(COLUMNS) for kind in KINDS}
                for scene, clip in zip(scenes, clips, strict=True):
                    kind = domain.kind(scene)
                    found = domain.check(scene, clip, subject.fps)
                    tallies[kind].add("the change happens", found[KINDS[kind]])
                    tallies[kind].add("stays in every frame", found["permanence"])
                    if part == EXTENSION:
                        tallies[kind].add("changed pixels that are kept", kept(clip))
                rows += [
                    tally.row({"part": part, "kind": kind, "shown": name, "clips": kinds.count(kind)})
                    for kind, tally in tallies.items()
                ]
                pictures += [
                    (f"{part}: {name}", strip(clips[kinds.index(kind)], range(0, frames, max(2, frames // 8))))
                    for kind in KINDS
                    if kind in kinds
                ]
        return Outcome(rows, labelled(pictures))


def clips_of(subject: Subject, true: torch.Tensor, prompts: Sequence[str], *, seed: int) -> Shown:
    """Make true clips [B 3 F H W], the same through the VAE, what the model makes, and clips that must fail.

    Clips of LONGER frames are extended from their first FRAMES, shorter ones are generated from the prompts.
    """
    shown = {TRUE: true, THROUGH_VAE: subject.through_vae(true)}
    frames = true.shape[2]
    if subject.pipe and frames > FRAMES:
        shown[GENERATED] = subject.extended(true, prompts, FRAMES, seed=seed)
    elif subject.pipe:
        shown[GENERATED] = subject.generated(prompts, subject.video(frames), seed=seed)
    shown[WIPED] = true.clone()
    shown[WIPED][:, :, -3:] = true[:, :, :1]
    return shown


def kept(clip: torch.Tensor) -> float:
    """Measure which share of what has changed from a clip's first frame to its frame FRAMES stays so to the last one.

    clip: [3 F H W] in -1..1. 0 where nothing has changed.
    """
    first, whole, last = (clip[:, frame] / 2 + 0.5 for frame in (0, FRAMES - 1, -1))
    changed = colour_distance(whole, first) > SAME
    same = colour_distance(last, whole) <= SAME
    return float((changed & same).sum() / changed.sum().clamp(min=1))

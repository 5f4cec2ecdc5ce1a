"""The claim of several shots: a clip may be cut, and its characters look the same in each shot.

The first shot of a true clip is given, and the clip extended over the cut; or the whole is generated from its caption.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ...world import DOMAINS, Style
from ..tables import Row
from .claim import THROUGH_VAE, TRUE, Outcome, Request, Shown, Tally
from .pictures import labelled, strip
from .subject import Subject

NAME = "shots"  # of the domain
FRAMES, FIRST = 17, 9  # of a clip, and of its first shot
AFTER = " of shot "  # in the names of checks of later shots
EXTENDED, PROMPTED = "extended from the first shot", "generated from its caption"
FROZEN, SWAPPED = "no cut: the first shot's end, frozen", "after the cut another scene"
CUTS, SAME, FRAMING = COLUMNS = ("cuts in their place", "same objects after the cut", "framing after the cut")


class SeveralShots:
    """See Claim."""

    several = False

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        if NAME not in DOMAINS:
            raise ValueError(f"got a world of {', '.join(DOMAINS)}, expected one with {NAME}")
        (subject,), domain = subjects, DOMAINS[NAME]
        rng = random.Random(f"{request.seed}/shots")
        scenes = [domain.sample(rng, unseen=True) for _ in range(request.count)]
        prompts = [domain.caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
        true = domain.render(scenes, subject.video(FRAMES), subject.fps)
        rows: list[Row] = []
        pictures = []
        for name, clips in clips_of(subject, true, prompts, seed=request.seed).items():
            tally = Tally(COLUMNS)
            for scene, clip in zip(scenes, clips, strict=True):
                score(tally, domain.check(scene, clip, subject.fps))
            rows.append(tally.row({"shown": name, "clips": request.count}))
            pictures.append((f"{name}: {prompts[0]}", strip(clips[0], range(0, FRAMES, 2))))
        return Outcome(rows, labelled(pictures))


def clips_of(subject: Subject, true: torch.Tensor, prompts: Sequence[str], *, seed: int) -> Shown:
    """Make the clips through the VAE, those of the model, and two that must fail. true: [B 3 F H W]."""
    shown: dict[str, Any] = {TRUE: true, THROUGH_VAE: subject.through_vae(true)}
    if subject.pipe:
        shown[EXTENDED] = subject.extended(true, prompts, FIRST, seed=seed)
        shown[PROMPTED] = subject.generated(prompts, subject.video(FRAMES), seed=seed)
    first = true[:, :, :FIRST]
    shown[FROZEN] = torch.cat([first, first[:, :, -1:].expand(-1, -1, FRAMES - FIRST, -1, -1)], dim=2)
    shown[SWAPPED] = torch.cat([first, true.roll(1, dims=0)[:, :, FIRST:]], dim=2)
    return shown


def score(tally: Tally, found: Mapping[str, bool]) -> None:
    """Sort what the domain's checks found into the columns."""
    later = {name: value for name, value in found.items() if AFTER in name}
    tally.add(CUTS, found["cuts"])
    tally.add(SAME, all(value for name, value in later.items() if "framing" not in name))
    tally.add(FRAMING, all(value for name, value in later.items() if "framing" in name))

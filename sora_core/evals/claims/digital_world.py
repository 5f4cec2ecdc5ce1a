"""The claim of simulating digital worlds: rollouts of the game against its rules, for the same actions.

The model sees the first half second and is told the actions in words; the rest must go as the rules say. PSNR against
the true rollout is the measure of GameNGen (https://arxiv.org/abs/2408.14837), which reaches 29.4 dB on DOOM with every
action given at its frame and the frames before it known.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from ...world import Style
from ...world.game import Game, Look, Scene, divergence
from ..reconstruction import psnr
from ..tables import Row
from .claim import THROUGH_VAE, TRUE, Outcome, Request, Shown, Tally
from .pictures import labelled, strip
from .subject import Subject

FRAMES, GIVEN = 33, 5  # of a rollout, and how many of them are known
WRONG_TILES = 2  # tiles in sight that may be misread
EXTENDED, FROZEN = "rolled out by the model", "the last known frame, frozen"
COLUMNS = ("seconds by the rules", "by the rules to the end", "PSNR dB, first second", "PSNR dB, all new frames")


class DigitalWorld:
    """See Claim."""

    several = False

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        (subject,) = subjects
        domain, rng = Game(), random.Random(f"{request.seed}/digital world")
        scenes = [domain.sample(rng, unseen=True) for _ in range(request.count)]
        prompts = [domain.caption(scene, Style.DESCRIPTIVE, rng) for scene in scenes]
        true = domain.render(scenes, subject.video(FRAMES), subject.fps)
        shown = clips_of(subject, true, prompts, seed=request.seed)
        rows: list[Row] = []
        pictures = []
        for name, clips in shown.items():
            tally = Tally(COLUMNS)
            for scene, clip, wanted in zip(scenes, clips, true, strict=True):
                score(tally, scene, clip, wanted, subject.fps)
            rows.append(tally.row({"shown": name, "clips": request.count}))
            pictures.append((name, strip(clips[0], range(0, FRAMES, 4))))
        return Outcome(rows, labelled([(prompts[0], strip(true[0], range(0, FRAMES, 4))), *pictures[1:]]))


def clips_of(subject: Subject, true: torch.Tensor, prompts: Sequence[str], *, seed: int) -> Shown:
    """Make the same rollouts through the VAE, by the model, and with nothing that moves. true: [B 3 F H W]."""
    shown = {TRUE: true, THROUGH_VAE: subject.through_vae(true)}
    if subject.pipe:
        shown[EXTENDED] = subject.extended(true, prompts, GIVEN, seed=seed)
    still = true[:, :, GIVEN - 1 : GIVEN].expand(-1, -1, true.shape[2] - GIVEN, -1, -1)
    shown[FROZEN] = torch.cat([true[:, :, :GIVEN], still], dim=2)
    return shown


def score(tally: Tally, scene: Scene, clip: torch.Tensor, true: torch.Tensor, fps: float) -> None:
    """Compare a rollout [3 F H W] with the rules, from its own first frame, and with the true one."""
    wanted = scene.wanted
    look = Look(wanted.view, wanted.theme, wanted.player)
    found = divergence(clip, fps, look, scene.actions, wrong_tiles=WRONG_TILES)
    tally.add("seconds by the rules", found.seconds or 0.0)
    tally.add("by the rules to the end", found.followed == found.ticks)
    soon = GIVEN + round(fps)
    if not torch.equal(clip, true):  # the PSNR of a clip with itself has no bound
        tally.add("PSNR dB, first second", psnr(clip[:, GIVEN:soon], true[:, GIVEN:soon]))
        tally.add("PSNR dB, all new frames", psnr(clip[:, GIVEN:], true[:, GIVEN:]))

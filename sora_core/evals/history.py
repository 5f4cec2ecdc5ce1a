"""Evaluates history guidance by scale and lowest noise level, on one extension of true clips.

Technique: https://arxiv.org/abs/2502.06764. The results set the defaults of diffusion.history.HistoryGuidance.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import torch

from ..canvas.abilities import extend
from ..diffusion.history import NO_HISTORY_GUIDANCE, HistoryGuidance
from ..pipeline import Pipeline
from ..world.flat import Attributes, render, sample_scenes
from .continuations import ADDED, SAMPLING, SOURCE
from .drift import area_of
from .encoding import encode
from .looks import Change, mean_change
from .sources import prompted, video_of

WAYS = (
    NO_HISTORY_GUIDANCE,
    HistoryGuidance(1.5, above=0.95),
    HistoryGuidance(1.5, above=0.9),
    HistoryGuidance(2.0, above=0.9),
    HistoryGuidance(2.0, above=0.8),
    HistoryGuidance(2.0, above=0.5),
)


@dataclass(frozen=True)
class HistoryScore:
    """Score of one extension of true clips with one setting.

    two_calls: number of steps that call the model twice.
    area: excess of the objects' area over the true one, in percent.
    kept: share of an object's difference from the mean area of its shape that remains; 1 for all.
    errors: mean squared error of each clip, of values in 0..255.
    """

    guidance: HistoryGuidance
    clips: int
    two_calls: int
    area: Change
    kept: float
    errors: torch.Tensor


def score_history(pipe: Pipeline, guidance: HistoryGuidance, *, count: int, seed: int = 0) -> HistoryScore:
    """Extend `count` true clips of held-out combinations once; clips and noise are the same for all settings."""
    wanted: list[Attributes] = []
    before, after, areas, errors = [], [], [], []
    for part in prompted(count, seed):
        scenes = sample_scenes(part.wanted, random.Random(part.seed))
        latents = encode(pipe, render(scenes, video_of(pipe, SOURCE + ADDED), pipe.fps))
        text = pipe.encode_text(part.prompts)
        canvas, sampling = extend(latents[:, :, :SOURCE], after=ADDED), replace(SAMPLING, history=guidance)
        made = pipe.sample_canvas(text, canvas, seed=part.seed, sampling=sampling)
        known = pipe.vae.compression.video_frames(SOURCE)
        true, ours = (pipe.decode(one) for one in (latents, made))
        before.append(area_of(true[:, :known], part.wanted))
        after.append(area_of(true[:, known:], part.wanted))
        areas.append(area_of(ours[:, known:], part.wanted))
        errors.append((ours[:, known:].float() - true[:, known:].float()).square().mean(dim=(1, 2, 3, 4)))
        wanted += part.wanted
    change = 100 * (torch.cat(areas) / torch.cat(after) - 1)
    (area,) = mean_change(change[:, None], ("area",))
    kept = slope_within(torch.cat(before), torch.cat(areas), wanted)
    return HistoryScore(guidance, count, steps_with_two_calls(guidance), area, kept, torch.cat(errors))


def steps_with_two_calls(guidance: HistoryGuidance) -> int:
    """Count the steps of SAMPLING in which history guidance is active."""
    return 0 if guidance.scale == 1 else int((SAMPLING.levels()[:-1] >= guidance.above).sum())


def slope_within(before: torch.Tensor, after: torch.Tensor, wanted: list[Attributes]) -> float:
    """Regress areas after [B] on areas before [B], both minus the mean of their shape; returns the slope."""
    shapes = [one.shape for one in wanted]
    x, y = before.clone(), after.clone()
    for shape in set(shapes):
        same = torch.tensor([one is shape for one in shapes])
        x[same] -= x[same].mean()
        y[same] -= y[same].mean()
    return float((x * y).sum() / x.square().sum())

"""One model, its known frames kept in both ways: both keep them, and they give different clips."""

from __future__ import annotations

import torch

from sora_core.canvas.abilities import extend
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals.replacement import Replace, per_patch
from sora_core.pipeline import Pipeline
from tiny import PROMPT

FEW = SamplingOptions(steps=4, guidance=1.0)


def test_both_ways_keep_the_known_frames_and_invent_others(tiny_model_folder):
    pipe = Pipeline.load(tiny_model_folder)
    text, known = pipe.encode_text([PROMPT]), torch.randn(1, 4, 2, 2, 4, generator=torch.Generator().manual_seed(0))
    ways = (per_patch, Replace(), Replace(2))
    made = [way(pipe, text, extend(known, after=2), seed=3, sampling=FEW) for way in ways]
    assert all(torch.equal(one[:, :, :2], known) for one in made)
    assert not torch.equal(made[0], made[1])
    assert not torch.equal(made[1], made[2])

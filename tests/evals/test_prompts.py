"""Prompt following: clips of a seed are the same again, and the judge tells a model that follows no prompt."""

from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals.prompts import COLUMNS, generate_clips, prompts_for, score_prompts, world_prompts
from sora_core.pipeline import Pipeline
from sora_core.world.flat import held_out
from sora_core.world.flat.captions import WORDS

SMALL = VideoShape(5, 32, 32)


def test_an_untrained_model_follows_no_prompt(tiny_model_folder: Path) -> None:
    score = score_prompts(Pipeline.load(tiny_model_folder), SMALL, count=6, sampling=SamplingOptions(steps=2))
    assert score.clips == 6
    assert len(score.shares) == len(COLUMNS)
    assert sum(score.shares) / len(COLUMNS) < 0.5


def test_clips_of_a_seed_are_the_same_again(tiny_model_folder: Path) -> None:
    pipe = Pipeline.load(tiny_model_folder)
    prompts = prompts_for(held_out()[:2], seed=0)
    first, second = (generate_clips(pipe, prompts, SMALL, seed=4, sampling=SamplingOptions(steps=2)) for _ in range(2))
    assert first.shape == (2, 3, *SMALL)
    assert torch.equal(first, second)


def test_prompts_alternate_in_wording_and_name_every_attribute() -> None:
    wanted = held_out()[:6]
    prompts = prompts_for(wanted, seed=0)
    assert prompts == prompts_for(wanted, seed=0)
    assert prompts != prompts_for(wanted, seed=1)
    for one, prompt in zip(wanted, prompts, strict=True):
        assert all(any(word in prompt for word in WORDS[value]) for value in one)
    assert max(len(prompt) for prompt in prompts[::2]) < min(len(prompt) for prompt in prompts[1::2])


@pytest.mark.parametrize("count", [0, 201])
def test_a_number_of_clips_that_there_are_not_is_refused(count: int, tiny_model_folder: Path) -> None:
    with pytest.raises(ValueError, match=f"count must be 1 to 200, got {count}"):
        score_prompts(Pipeline.load(tiny_model_folder), SMALL, count=count)


def test_prompts_of_the_world_are_of_held_out_scenes_and_the_same_for_a_seed() -> None:
    prompts = world_prompts({"solids": 2, "game": 1}, seed=3)
    assert len(prompts) == 3
    assert prompts[2].startswith("pixel game:")
    assert world_prompts({"solids": 2}, seed=3) == prompts[:2] != world_prompts({"solids": 2}, seed=4)

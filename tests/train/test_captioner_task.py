"""Training of the captioner: it learns what clips show, resumes with the same steps, and exports what can be loaded."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import pytest
import torch

from sora_core.checkpoint import CheckpointError, load_captioner, load_vae, read_configs, read_metadata
from sora_core.models.captioner import CaptionerConfig
from sora_core.models.wan.text_encoder import train_tokenizer
from sora_core.train.captioner_task import CAPTIONER, CaptionerTask
from sora_core.train.clip_pool import Refresh
from sora_core.train.config import CaptionerTrainConfig, TrainConfig
from tiny import tiny_vae
from tiny_training import TRAINING, tiny_run, tiny_sources

SMALL = dataclasses.replace(
    TRAINING,
    captioner=CaptionerTrainConfig(
        CaptionerConfig(4, 640, 24, 48, 2, 1, 1, max_tokens=48),
        longest=9,
        clips_per_step=8,
        adam_rate=1e-2,
        fact_scenes=50,
        pool=Refresh(16, 1, 60),
        sheet_clips=2,
    ),
)


def task(config: TrainConfig = SMALL) -> CaptionerTask:
    import random

    corpus = tiny_sources().clips.corpus(random.Random(0))
    return CaptionerTask(tiny_run(config=config), tiny_vae(), train_tokenizer(corpus, 640))


@pytest.mark.slow
def test_it_learns_how_captions_are_written() -> None:
    one = task()
    losses = [one.step(index, 1.0)["loss"] for index in range(60)]
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])


@pytest.mark.slow
def test_a_resumed_run_goes_on_with_the_same_steps() -> None:
    one = task()
    one.step(0, 1.0)
    state = copy.deepcopy(one.state_dict())
    again = task()
    again.load_state_dict(state)
    assert again.step(1, 1.0) == one.step(1, 1.0)


@pytest.mark.slow
def test_what_it_exports_says_the_same_of_a_clip(tmp_path: Path) -> None:
    one = task()
    one.step(0, 1.0)
    one.export(tmp_path)
    assert read_configs(tmp_path / CAPTIONER) == [one.model.captioner.config]
    loaded = load_captioner(tmp_path / CAPTIONER)
    clip = torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    expected = copy.deepcopy(one.ema.module.captioner).half().float().eval().describe(clip)
    assert loaded.describe(clip) == expected
    with pytest.raises(CheckpointError, match="holds a captioner, expected a vae; load it with load_captioner"):
        load_vae(tmp_path / CAPTIONER)


@pytest.mark.slow
def test_training_goes_on_from_a_trained_captioner(tmp_path: Path) -> None:
    one = task()
    one.step(0, 1.0)
    one.export(tmp_path)
    again = task()
    again.start_from(tmp_path / CAPTIONER)
    trained = load_captioner(tmp_path / CAPTIONER).state_dict()
    for model in (again.model, again.ema.module):
        assert all(torch.equal(weight, trained[name]) for name, weight in model.captioner.state_dict().items())


@pytest.mark.slow
def test_a_captioner_without_a_stem_gets_one_and_says_what_it_said(tmp_path: Path) -> None:
    task().export(tmp_path)
    stem = dataclasses.replace(SMALL.captioner.model, stem=6)
    again = task(dataclasses.replace(SMALL, captioner=dataclasses.replace(SMALL.captioner, model=stem)))
    again.start_from(tmp_path / CAPTIONER)
    clip, ids = torch.randn(2, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0)), torch.ones(2, 5).long()
    expected = load_captioner(tmp_path / CAPTIONER)(clip, ids)
    for model in (again.model, again.ema.module):
        torch.testing.assert_close(model.captioner(clip, ids), expected)
    again.export(tmp_path)
    with pytest.raises(ValueError, match="has other sizes than the preset"):
        task().start_from(tmp_path / CAPTIONER)


@pytest.mark.slow
def test_only_a_captioner_of_the_same_sizes_and_words_is_gone_on_from(tmp_path: Path) -> None:
    task().export(tmp_path)
    wider = dataclasses.replace(SMALL.captioner.model, ffn_dim=64)
    other = task(dataclasses.replace(SMALL, captioner=dataclasses.replace(SMALL.captioner, model=wider)))
    with pytest.raises(ValueError, match="has other sizes than the preset"):
        other.start_from(tmp_path / CAPTIONER)
    words = train_tokenizer(["a video of a red circle"], 640)
    with pytest.raises(ValueError, match="writes with another tokenizer than that of --text-encoder"):
        CaptionerTask(tiny_run(config=SMALL), tiny_vae(), words).start_from(tmp_path / CAPTIONER)


@pytest.mark.slow
def test_the_sheet_has_true_captions_and_those_that_it_tells(tmp_path: Path) -> None:
    one = task()
    one.sheet(tmp_path / "000001.png")
    lines = (tmp_path / "000001.txt").read_text().splitlines()
    assert [line[:6] for line in lines] == ["true: ", "told: ", "", "true: ", "told: "]


@pytest.mark.slow
def test_what_it_exports_says_which_clips_it_has_seen(tmp_path: Path) -> None:
    short = dataclasses.replace(SMALL, captioner=dataclasses.replace(SMALL.captioner, longest=5))
    one = task(short)
    one.export(tmp_path)
    told = read_metadata(tmp_path / CAPTIONER)
    assert (told["sora_sizes"], told["sora_frames"], told["sora_fps"]) == ("[[32, 16]]", "5", "8")
    assert [pool.video.frames for pool, _ in one.pools] == [5]


@pytest.mark.slow
def test_a_preset_without_short_clips_is_refused() -> None:
    none = dataclasses.replace(SMALL, captioner=dataclasses.replace(SMALL.captioner, longest=4))
    with pytest.raises(ValueError, match="no clips of at most 4 frames for the captioner"):
        task(none)


@pytest.mark.slow
def test_the_encoder_learns_to_read_facts() -> None:
    few = dataclasses.replace(SMALL.captioner, pool=Refresh(4, 0, 4), latent_noise=0.0)
    one = task(dataclasses.replace(SMALL, captioner=few))
    recalls = [one.step(index, 1.0)["recall"] for index in range(80)]
    assert sum(recalls[-10:]) > 10 * 0.8 > 10 * 0.2 > sum(recalls[:10])

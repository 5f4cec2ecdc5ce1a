"""Training of the text encoder alone: it learns what captions say, and a DiT can begin with it."""

import copy
import dataclasses
from pathlib import Path

import pytest
import torch

from sora_core.checkpoint import load_text_encoder
from sora_core.train.config import TextTrainConfig
from sora_core.train.dit_task import DiTTask
from sora_core.train.text_task import TextTask
from tiny import tiny_vae
from tiny_training import TRAINING, tiny_run

SMALL = dataclasses.replace(TRAINING, text=TextTrainConfig(captions_per_step=32, rate=1e-2, fact_scenes=200))


@pytest.fixture
def text_task() -> TextTask:
    return TextTask(tiny_run(config=SMALL))


@pytest.mark.slow
def test_the_text_encoder_learns_to_state_facts(text_task: TextTask) -> None:
    metrics = [text_task.step(index, 1.0) for index in range(200)]
    last = metrics[-20:]
    assert sum(each["recall"] for each in last) > 0.3 * len(last)  # a guess that knows no caption states nothing
    assert sum(each["precision"] for each in last) > 0.7 * len(last)


@pytest.mark.slow
def test_a_resumed_run_goes_on_with_the_same_steps(text_task: TextTask) -> None:
    text_task.step(0, 1.0)
    state = copy.deepcopy(text_task.state_dict())
    again = TextTask(tiny_run(config=SMALL))
    again.load_state_dict(state)
    assert again.facts.names == text_task.facts.names
    assert again.step(1, 1.0) == text_task.step(1, 1.0)


@pytest.mark.slow
def test_a_dit_begins_with_the_text_encoder_and_its_tokenizer(text_task: TextTask, tmp_path: Path) -> None:
    text_task.step(0, 1.0)
    text_task.export(tmp_path)
    trained = load_text_encoder(tmp_path / "text_encoder.safetensors")
    task = DiTTask(tiny_run(seed=3), tiny_vae())
    task.take_text_encoder(tmp_path / "text_encoder.safetensors")
    for model in (task.model, task.ema.module):
        for name, weight in model.text_encoder.state_dict().items():
            assert torch.equal(weight, trained.state_dict()[name])
        assert model.text_encoder.tokenizer.to_json() == trained.tokenizer.to_json()


@pytest.mark.slow
def test_a_text_encoder_of_other_sizes_is_refused(text_task: TextTask, tmp_path: Path) -> None:
    text_task.export(tmp_path)
    preset = dataclasses.replace(SMALL.preset, text_encoder=dataclasses.replace(SMALL.preset.text_encoder, ffn_dim=48))
    task = DiTTask(tiny_run(config=dataclasses.replace(SMALL, preset=preset)), tiny_vae())
    with pytest.raises(ValueError, match="other sizes than the preset"):
        task.take_text_encoder(tmp_path / "text_encoder.safetensors")


@pytest.mark.slow
def test_a_sheet_lists_every_fact_with_its_errors(text_task: TextTask, tmp_path: Path) -> None:
    text_task.sheet(tmp_path / "sheet.png")
    lines = (tmp_path / "sheet.txt").read_text().splitlines()
    assert {line.split(maxsplit=1)[1] for line in lines} == set(text_task.facts.names)
    errors = [float(line.split()[0]) for line in lines]
    assert errors == sorted(errors, reverse=True)


def test_facts_are_read_through_the_noise_of_the_settings() -> None:
    plain = TextTask(tiny_run(config=SMALL))
    noisy = TextTask(tiny_run(config=dataclasses.replace(SMALL, text=dataclasses.replace(SMALL.text, noise=1.0))))
    ids = plain.model.text_encoder.tokenize(["a red circle moves left on a black background"])
    noise = torch.randn(1, SMALL.preset.text_encoder.dim, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        moved = plain.model(ids, noise) - plain.model(ids, torch.zeros_like(noise))
        torch.testing.assert_close(moved, noise @ plain.model.read.weight.T, rtol=1e-3, atol=1e-4)
    assert plain.step(0, 1.0)["loss"] != noisy.step(0, 1.0)["loss"]
    again = TextTask(noisy.run)
    assert again.step(1, 1.0)["loss"] == TextTask(noisy.run).step(1, 1.0)["loss"]


@pytest.mark.slow
def test_training_goes_on_from_a_trained_text_encoder(text_task: TextTask, tmp_path: Path) -> None:
    text_task.step(0, 1.0)
    text_task.export(tmp_path)
    again = TextTask(tiny_run(seed=4, config=SMALL))
    again.start_from(tmp_path / "text_encoder.safetensors")
    trained = load_text_encoder(tmp_path / "text_encoder.safetensors")
    for model in (again.model, again.ema.module):
        for name, weight in model.text_encoder.state_dict().items():
            assert torch.equal(weight, trained.state_dict()[name])
    preset = dataclasses.replace(SMALL.preset, text_encoder=dataclasses.replace(SMALL.preset.text_encoder, ffn_dim=48))
    other = TextTask(tiny_run(config=dataclasses.replace(SMALL, preset=preset)))
    with pytest.raises(ValueError, match="has other sizes than the preset"):
        other.start_from(tmp_path / "text_encoder.safetensors")

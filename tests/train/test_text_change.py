"""A DiT's text layers fitted to another text encoder."""

from __future__ import annotations

import copy

import pytest
import torch

from sora_core.checkpoint import Kind, save_checkpoint
from sora_core.models.wan.dit.model import mean_of_tokens
from sora_core.models.wan.text_encoder import TextEncoder, train_tokenizer
from sora_core.pipeline import ModelFolder
from sora_core.train.dit_task import DiTTask
from sora_core.train.text_change import fit_text_layers
from tiny import tiny_vae
from tiny_preset import tiny_preset
from tiny_training import tiny_run


def encoder(seed: int, words: list[str]) -> TextEncoder:
    torch.manual_seed(seed)
    config = tiny_preset().text_encoder
    return TextEncoder(config, train_tokenizer(words, config.vocab_size)).eval()


def what_the_dit_reads(task: DiTTask, texts: TextEncoder, caption: str) -> torch.Tensor:
    dit, tokens = task.model.dit, texts(texts.tokenize([caption]))
    read = dit.text_embedding(tokens)[:, : int((tokens.abs().sum(dim=-1) > 0).sum())]
    return read if dit.text_pool is None else torch.cat([read[0], dit.text_pool(mean_of_tokens(tokens))])


def write(folder: ModelFolder, texts: TextEncoder) -> None:
    extra = {"sora_tokenizer": texts.tokenizer.to_json()}
    save_checkpoint(folder.text_encoder, texts, kind=Kind.TEXT_ENCODER, config=texts.config, extra=extra)


@pytest.fixture
def task() -> DiTTask:
    return DiTTask(tiny_run(), tiny_vae())


@torch.no_grad()
def far(task: DiTTask, texts: TextEncoder, was: list[torch.Tensor], captions: list[str]) -> float:
    pairs = zip(captions, was, strict=True)
    return sum(float((what_the_dit_reads(task, texts, one) - before).abs().mean()) for one, before in pairs)


def test_scaled_tokens_are_read_as_those_before_without_any_step(task):
    former = task.model.text_encoder.eval()
    new = copy.deepcopy(former)
    scale = torch.linspace(0.5, 2, len(new.transformer.encoder.final_layer_norm.weight))
    new.transformer.encoder.final_layer_norm.weight.data.mul_(scale)
    captions = task._drawn_captions()[:8]
    with torch.no_grad():
        was = [what_the_dit_reads(task, former, one) for one in captions]
    off = far(task, new, was, captions)
    fit_text_layers(task.model.dit, former, new, task._drawn_captions, 0)
    assert far(task, new, was, captions) < 0.02 * off


def test_a_dit_is_fitted_to_the_text_encoder_that_replaces_its_own(task, tmp_path):
    task.export(tmp_path)
    files, other = ModelFolder(tmp_path), encoder(5, ["red"])
    other.tokenizer = task.model.text_encoder.tokenizer
    fitted, plain = (DiTTask(tiny_run(), tiny_vae()) for _ in range(2))
    for each in (fitted, plain):
        each.start_from(files)
    captions = fitted._drawn_captions()[:8]
    with torch.no_grad():
        was = [what_the_dit_reads(fitted, fitted.model.text_encoder.eval(), one) for one in captions]
    (tmp_path / "new").mkdir()
    write(ModelFolder(tmp_path / "new"), other)
    plain.knows_text = False
    for each in (fitted, plain):
        each.take_text_encoder(ModelFolder(tmp_path / "new").text_encoder)
    off = [far(each, each.model.text_encoder.eval(), was, captions) for each in (fitted, plain)]
    assert off[0] < 0.7 * off[1]
    for name, weight in fitted.ema.module.dit.state_dict().items():
        assert torch.equal(weight, fitted.model.dit.state_dict()[name])


def test_with_another_tokenizer_the_text_is_learnt_anew(task, tmp_path):
    task.export(tmp_path)
    task.start_from(ModelFolder(tmp_path))
    (tmp_path / "new").mkdir()
    write(ModelFolder(tmp_path / "new"), encoder(5, ["other words entirely"]))
    before = task.model.dit.text_embedding[0].weight.clone()
    task.take_text_encoder(ModelFolder(tmp_path / "new").text_encoder)
    assert torch.equal(task.model.dit.text_embedding[0].weight, before)

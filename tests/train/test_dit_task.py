"""Training of the DiT learns, and begins with the weights of a model that fits."""

import dataclasses
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from sora_core.canvas.shapes import VideoShape
from sora_core.checkpoint import Kind, load_dit, load_text_encoder, save_checkpoint
from sora_core.checkpoint.model_folders import find_model
from sora_core.models.wan.text_encoder import train_tokenizer
from sora_core.models.wan.vae import VideoVAE
from sora_core.pipeline import ModelFolder, Pipeline
from sora_core.train.batches import Canvases
from sora_core.train.config import CanvasShares, Stage
from sora_core.train.dit_task import DiTTask
from sora_core.train.objective import EARLY, LATE
from tiny import tiny_vae
from tiny_preset import tiny_preset
from tiny_training import TRAINING, tiny_run


@pytest.mark.slow
def test_the_dit_learns_within_sixty_steps(dit_task: DiTTask) -> None:
    losses = [dit_task.step(index, 1.0)["loss"] for index in range(60)]
    assert sum(losses[-20:]) < 0.9 * sum(losses[:20])


@pytest.mark.slow
def test_a_resumed_run_keeps_the_tokenizer_that_it_began_with(dit_task: DiTTask) -> None:
    state = dit_task.state_dict()
    other = train_tokenizer(["other words entirely"], dit_task.preset.text_encoder.vocab_size).to_json()
    dit_task.load_state_dict({**state, "tokenizer": other})
    assert dit_task.model.text_encoder.tokenizer.to_json() == other
    assert dit_task.ema.module.text_encoder.tokenizer.to_json() == other


@pytest.mark.slow
def test_training_starts_from_the_weights_of_a_model_and_refuses_one_of_other_sizes(
    dit_task: DiTTask, tmp_path: Path
) -> None:
    for index in range(2):
        dit_task.step(index, 1.0)
    dit_task.export(tmp_path)
    again = DiTTask(tiny_run(seed=1), tiny_vae())
    again.start_from(ModelFolder(tmp_path))
    saved = load_dit(tmp_path / "dit.safetensors").state_dict()
    assert all(torch.equal(weight, saved[name]) for name, weight in again.model.dit.state_dict().items())
    assert all(torch.equal(weight, saved[name]) for name, weight in again.ema.module.dit.state_dict().items())
    assert again.model.text_encoder.tokenize(["a red circle"]).equal(
        dit_task.model.text_encoder.tokenize(["a red circle"])
    )
    (tmp_path / "text_encoder.safetensors").unlink()  # then the text is learnt anew
    fresh, third = (DiTTask(tiny_run(seed=2), tiny_vae()) for _ in range(2))
    third.start_from(ModelFolder(tmp_path))
    assert torch.equal(third.model.dit.head.head.weight, saved["head.head.weight"])
    words, as_fresh = (task.model.text_encoder.transformer.shared.weight for task in (third, fresh))
    assert torch.equal(words, as_fresh)
    preset = dataclasses.replace(tiny_preset(), dit=dataclasses.replace(tiny_preset().dit, ffn_dim=96))
    wider = dataclasses.replace(TRAINING, preset=preset)
    with pytest.raises(ValueError, match="other sizes than the preset"):
        DiTTask(tiny_run(config=wider), tiny_vae()).start_from(ModelFolder(tmp_path))


def test_a_vae_of_other_latents_is_refused_before_any_clip_is_made() -> None:
    vae = VideoVAE(dataclasses.replace(tiny_vae().config, z_dim=8))
    with pytest.raises(ValueError, match="takes 4 latent channels, the VAE has 8"):
        DiTTask(tiny_run(), vae)


@pytest.mark.slow
def test_an_exported_dit_and_its_text_encoder_load_with_their_sizes(dit_task: DiTTask, tmp_path: Path) -> None:
    dit_task.export(tmp_path)
    assert load_dit(tmp_path / "dit.safetensors").config == tiny_preset().dit
    assert load_text_encoder(tmp_path / "text_encoder.safetensors").config == tiny_preset().text_encoder
    assert Pipeline.load(tmp_path).fps == tiny_preset().fps  # a whole model


@pytest.mark.slow
def test_an_exported_model_says_which_words_sizes_and_lengths_it_was_trained_on(
    dit_task: DiTTask, tmp_path: Path
) -> None:
    dit_task.export(tmp_path)
    files = ModelFolder(tmp_path)
    save_checkpoint(files.vae, tiny_vae(), kind=Kind.VAE, config=tiny_vae().config)
    known = find_model(tmp_path).trained_on()
    clips = [shape for shape, _ in tiny_preset().clips]
    assert known.words >= {"red", "circle", "background", "still", "camera"}
    assert known.examples
    assert set(known.sizes) == {(shape.width, shape.height) for shape in clips}
    assert known.frames == max(shape.frames for shape in clips)


@pytest.mark.slow
def test_a_sheet_has_a_row_of_frames_and_a_line_of_text_for_each_prompt(dit_task: DiTTask, tmp_path: Path) -> None:
    dit_task.sheet(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (2 * 32, 2 * 16)  # frames 0 and 4 of two clips
    assert len(set((tmp_path / "sheet.txt").read_text().splitlines())) == 2


@pytest.mark.slow
def test_texts_are_dropped_more_often_beside_known_clips(dit_task: DiTTask) -> None:
    empty = dit_task.model.text_encoder.tokenize([""])[0]

    def dropped(kind: Canvases) -> float:
        batch = dit_task.batches.draw(dit_task.config.late, 0, random.Random(0), torch.Generator())
        many = replace(batch, kind=kind, scenes=[batch.scenes[0]] * 1000)
        (ids,) = dit_task._captions(many, random.Random(0))
        return float((ids == empty).all(dim=1).float().mean())

    assert 0.07 < dropped(Canvases.CLIP) < 0.13
    assert 0.45 < dropped(Canvases.WINDOW) < 0.55


@pytest.mark.slow
def test_the_early_stage_ends_after_its_steps_and_a_trained_model_has_none(tmp_path: Path) -> None:
    stages = {"early": Stage(EARLY, CanvasShares(1, 0, 0, 0, 0)), "late": Stage(LATE, CanvasShares(0, 1, 0, 0, 0))}
    config = replace(TRAINING, dit=replace(TRAINING.dit, early_steps=2, **stages))
    task = DiTTask(tiny_run(config=config), tiny_vae())
    drawn = []
    draw = task.batches.draw
    task.batches.draw = lambda stage, *more: drawn.append(stage) or draw(stage, *more)  # type: ignore[method-assign]
    for index in range(3):
        task.step(index, 1.0)
    assert drawn == [stages["early"], stages["early"], stages["late"]]
    task.export(tmp_path)
    task.start_from(ModelFolder(tmp_path))
    task.step(0, 1.0)
    assert drawn[-1] == stages["late"]


@pytest.mark.slow
def test_a_text_encoder_that_is_kept_stays_as_it_is_and_a_resumed_run_keeps_it_too() -> None:
    task, learning = (DiTTask(tiny_run(), tiny_vae(), learn_text=learns) for learns in (False, True))
    before = {name: weight.clone() for name, weight in task.model.state_dict().items()}
    for index in range(2):
        task.step(index, 1.0)
        learning.step(index, 1.0)
    kept = {name for name, weight in task.model.state_dict().items() if torch.equal(weight, before[name])}
    assert {name for name in before if name.startswith("text_encoder.")} <= kept
    assert not any(name.startswith("dit.blocks.") and name.endswith("weight") for name in kept)
    shared = "text_encoder.transformer.shared.weight"
    assert not torch.equal(learning.model.state_dict()[shared], before[shared])
    with pytest.raises(ValueError, match="resume with --keep-text as the run began"):
        learning.load_state_dict(task.state_dict())


@pytest.mark.slow
def test_each_stretch_of_a_clip_is_learnt_with_its_own_text() -> None:
    shares = CanvasShares(clip=0, still=0, region=0, window=0, connection=0, stretches=1)
    config = replace(
        TRAINING,
        preset=replace(TRAINING.preset, clips=((VideoShape(17, 16, 32), 1.0),)),
        dit=replace(TRAINING.dit, patches_per_step=256, early_steps=0, late=Stage(LATE, shares), text_drop=0.3),
    )
    task = DiTTask(tiny_run(config=config), tiny_vae())
    seen: list[tuple[torch.Tensor, ...]] = []
    task.model.register_forward_pre_hook(lambda _, given: seen.append(given))
    assert task.step(0, 1.0)["loss"] > 0
    ((latents, _, seen_shares, first, later),) = seen
    assert seen_shares.shape == (2, latents.shape[2])
    assert seen_shares.sum(0).eq(1).all()
    assert {float(share) for share in seen_shares.unique()} == {0.0, 1.0}
    empty = task.model.text_encoder.tokenize([""])[0]
    dropped = [bool((one == empty[: one.numel()]).all()) for ids in (first, later) for one in ids]
    assert not any(dropped)  # without a text nothing changes at once
    assert not torch.equal(first, later)

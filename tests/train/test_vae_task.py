"""Training of the VAE learns, depends on seed and step alone, and goes on with a trained one."""

import dataclasses
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from sora_core.canvas.shapes import VideoShape
from sora_core.checkpoint import load_vae
from sora_core.train.clip_pool import to_bytes
from sora_core.train.vae_task import VAETask
from tiny_training import TRAINING, tiny_run

SIZES = ((16, 32), (32, 16))


def drawn(task: VAETask, count: int) -> torch.Tensor:
    video = VideoShape(5, 32, 32)
    return task.source.render(task.source.draw(count, video, random.Random(1)), video)


@pytest.mark.slow
def test_the_vae_learns_within_sixty_steps(vae_task: VAETask) -> None:
    scores = [vae_task.step(index, 1.0)["psnr"] for index in range(60)]
    assert sum(scores[-10:]) > sum(scores[:10]) + 10 * 2.0


@pytest.mark.slow
def test_a_step_draws_the_same_whatever_was_drawn_before(vae_task: VAETask) -> None:
    again = VAETask.fresh(tiny_run())
    torch.rand(3)
    random.random()
    again.step(3, 0.0)
    again.load_state_dict(VAETask.fresh(tiny_run()).state_dict())
    metrics = vae_task.step(7, 1.0)
    assert again.step(7, 1.0) == metrics
    other = VAETask.fresh(tiny_run())
    assert other.step(8, 1.0) != metrics


@pytest.mark.slow
def test_training_goes_on_with_a_trained_vae_and_keeps_its_statistics(vae_task: VAETask, tmp_path: Path) -> None:
    vae_task.export(tmp_path)
    before = load_vae(tmp_path / "vae.safetensors")
    task = VAETask.further(tiny_run(seed=1), load_vae(tmp_path / "vae.safetensors"))
    for index in range(2):
        task.step(index, 1.0)
    task.export(tmp_path)
    after = load_vae(tmp_path / "vae.safetensors")
    assert after.config == before.config
    changed = {
        name for name, weight in after.state_dict().items() if not torch.equal(weight, before.state_dict()[name])
    }
    assert any(name.startswith("encoder") for name in changed)
    assert any(name.startswith("decoder") for name in changed)


@pytest.mark.slow
def test_statistics_are_measured_anew_where_asked(vae_task: VAETask, tmp_path: Path) -> None:
    vae_task.export(tmp_path)
    wrong = load_vae(tmp_path / "vae.safetensors")
    spread = wrong.config.latent_std
    wrong.config = dataclasses.replace(wrong.config, latent_std=(9.0,) * len(spread))
    task = VAETask.further(tiny_run(seed=1), wrong, new_statistics=True)
    task.export(tmp_path)
    measured = load_vae(tmp_path / "vae.safetensors").config.latent_std
    assert max(abs(one - other) for one, other in zip(measured, spread, strict=True)) < 1


@pytest.mark.slow
def test_an_exported_vae_loads_and_carries_measured_statistics(vae_task: VAETask, tmp_path: Path) -> None:
    vae_task.step(0, 1.0)
    vae_task.export(tmp_path)
    vae = load_vae(tmp_path / "vae.safetensors")
    assert vae.config.latent_std is not None
    pixels = drawn(vae_task, 16)
    assert 0.3 < float(vae.encode(pixels).detach().std()) < 3


@pytest.mark.slow
def test_training_the_decoder_alone_leaves_latents_as_they_are(vae_task: VAETask, tmp_path: Path) -> None:
    vae_task.export(tmp_path)
    before = load_vae(tmp_path / "vae.safetensors")
    task = VAETask.of_decoder(tiny_run(seed=1), load_vae(tmp_path / "vae.safetensors"))
    for index in range(3):
        task.step(index, 1.0)
    task.export(tmp_path)
    after = load_vae(tmp_path / "vae.safetensors")
    pixels = drawn(task, 2)
    with torch.no_grad():
        latents = before.encode(pixels)
        assert torch.equal(after.encode(pixels), latents)
        assert not torch.equal(after.decode(latents), before.decode(latents))
    assert after.config == before.config


@pytest.mark.slow
def test_short_steps_cut_more_and_smaller_parts_out_of_the_frames() -> None:
    curriculum = replace(TRAINING.vae.from_scratch, short_steps=20, crop=16)
    config = replace(TRAINING, vae=replace(TRAINING.vae, from_scratch=curriculum))
    task = VAETask.fresh(tiny_run(config=config))
    shapes = {tuple(task._pixels(index, task.run.seeds.step(index)).shape) for index in range(40)}
    assert shapes == {(8, 3, 5, 16, 16), *((20 // frames, 3, frames, *size) for frames in (5, 9) for size in SIZES)}


@pytest.mark.slow
def test_a_part_of_a_frame_is_cut_on_the_grid_of_latents() -> None:
    curriculum = replace(TRAINING.vae.from_scratch, crop=16)
    task = VAETask.fresh(tiny_run(config=replace(TRAINING, vae=replace(TRAINING.vae, from_scratch=curriculum))))
    clips = {
        whole[:, first : first + 5, top : top + 16, left : left + 16].numpy().tobytes()
        for pool, _ in task.pools
        for whole in pool.draw(200, 0, random.Random(0))[1]
        for first in range(5)
        for top in range(0, pool.video.height - 15, 8)
        for left in range(0, pool.video.width - 15, 8)
    }
    parts = to_bytes(task._pixels(0, task.run.seeds.step(0)))
    assert all(part.numpy().tobytes() in clips for part in parts)


@pytest.mark.slow
def test_noise_on_latents_has_a_share_of_the_spread_of_each_channel() -> None:
    config = replace(TRAINING, vae=replace(TRAINING.vae, latent_noise=0.5))
    noisy, plain = VAETask.fresh(tiny_run(config=config)), VAETask.fresh(tiny_run())
    scale = torch.tensor([1.0, 4.0])[:, None, None, None]
    latents = scale * torch.randn(64, 2, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    noise = noisy.model._noise(latents, torch.Generator().manual_seed(1))
    spread = noise.std(dim=(2, 3, 4)) / scale[:, 0, 0, 0]  # [B C], in those of the channels
    assert spread.max() < 0.55
    assert 0.2 < spread.mean() < 0.3
    assert spread.min() < 0.1
    assert noisy.step(0, 1.0) != plain.step(0, 1.0)


@pytest.mark.slow
def test_a_sheet_shows_held_out_clips_above_their_reconstruction(vae_task: VAETask, tmp_path: Path) -> None:
    vae_task.sheet(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (2 * 32, 2 * 2 * 16)  # frames 0 and 4 of two clips

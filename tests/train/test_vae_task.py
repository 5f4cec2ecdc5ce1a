"""Training of the VAE learns, depends on seed and step alone, and goes on with a trained one."""

import random
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.checkpoint import load_vae
from sora_core.train.vae_task import VAETask
from tiny_training import vae_run


def drawn(task: VAETask, count: int) -> torch.Tensor:
    video = VideoShape(5, 32, 32)
    return task.source.render(task.source.draw(count, video, random.Random(1)), video)


@pytest.mark.slow
def test_the_vae_learns_within_sixty_steps(vae_task: VAETask) -> None:
    scores = [vae_task.step(index, 1.0)["psnr"] for index in range(60)]
    assert sum(scores[-10:]) > sum(scores[:10]) + 10 * 2.0


@pytest.mark.slow
def test_a_step_draws_the_same_whatever_was_drawn_before(vae_task: VAETask) -> None:
    again = VAETask.fresh(vae_run())
    torch.rand(3)
    random.random()
    again.step(3, 0.0)
    again.load_state_dict(VAETask.fresh(vae_run()).state_dict())
    metrics = vae_task.step(7, 1.0)
    assert again.step(7, 1.0) == metrics
    other = VAETask.fresh(vae_run())
    assert other.step(8, 1.0) != metrics


@pytest.mark.slow
def test_training_goes_on_with_a_trained_vae_and_keeps_its_statistics(vae_task: VAETask, tmp_path: Path) -> None:
    vae_task.export(tmp_path)
    before = load_vae(tmp_path / "vae.safetensors")
    task = VAETask.further(vae_run(seed=1), load_vae(tmp_path / "vae.safetensors"))
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
    task = VAETask.of_decoder(vae_run(seed=1), load_vae(tmp_path / "vae.safetensors"))
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

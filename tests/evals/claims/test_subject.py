"""Subjects: a model's own sizes, what is given is kept, and a VAE alone makes nothing."""

from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import extensions, prompts
from sora_core.evals.claims.subject import Subject


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (extensions, prompts):
        monkeypatch.setattr(module, "SAMPLING", SamplingOptions(steps=1, guidance=1.0))


def test_a_model_has_the_sizes_of_its_training(taught_model_folder: Path, tiny_model_folder: Path) -> None:
    taught, other = Subject.of_model(taught_model_folder), Subject.of_model(tiny_model_folder)
    assert taught.video(9) == (9, 32, 32)
    assert taught.sizes() == [(1, 32, 32)]
    assert other.video(9) == (9, 128, 128)
    assert other.sizes() == [(1, 128, 128), (1, 96, 160), (1, 160, 96)]
    assert other.name == tiny_model_folder.name


def test_weights_of_a_step_are_called_by_their_run(tiny_model_folder: Path, tmp_path: Path) -> None:
    for run in ("noisy", "clear"):
        kept = tmp_path / run / "kept" / "000600"
        kept.parent.mkdir(parents=True)
        kept.symlink_to(tiny_model_folder, target_is_directory=True)
    names = [Subject.of_model(tmp_path / run / "kept" / "000600").name for run in ("noisy", "clear")]
    assert names == ["noisy, step 600", "clear, step 600"]
    assert Subject.of_model(tiny_model_folder).name == tiny_model_folder.name


def test_clips_are_made_extended_and_reconstructed(taught_model_folder: Path) -> None:
    subject = Subject.of_model(taught_model_folder)
    pixels = torch.rand(5, 3, 17, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    captions = ["a red circle"] * 5
    assert subject.generated(captions, VideoShape(5, 32, 32), seed=0).shape == (5, 3, 5, 32, 32)
    assert subject.extended(pixels, captions, 5, seed=0).shape == pixels.shape
    assert subject.continued(pixels, captions, 1, seed=0).shape == (5, 3, 33, 32, 32)
    rebuilt = subject.through_vae(pixels)
    assert rebuilt.shape == pixels.shape
    torch.testing.assert_close(
        subject.extended(pixels, captions, 5, seed=0)[:, :, :5],
        subject.through_vae(pixels[:, :, :5]),
        rtol=0,
        atol=0.02,
    )


def test_a_vae_alone_reconstructs_and_makes_nothing(taught_model_folder: Path) -> None:
    subject = Subject.of_vae(taught_model_folder / "vae.safetensors")
    assert subject.fps == 8
    assert subject.video(17) == (17, 128, 128)
    assert subject.through_vae(torch.zeros(1, 3, 5, 32, 32)).shape == (1, 3, 5, 32, 32)
    with pytest.raises(ValueError, match="alone, expected a whole model"):
        subject.generated(["a red circle"], VideoShape(5, 32, 32), seed=0)

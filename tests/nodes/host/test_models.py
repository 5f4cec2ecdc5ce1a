"""Folders of published models are offered beside our own, and parts that belong together are loaded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

import tiny
from headless.pack import import_from_pack
from sora_core.checkpoint import Kind, save_checkpoint
from sora_core.models.wan.dit import DiTConfig, VideoDiT
from sora_core.models.wan.vae import VAEConfig, VideoVAE
from wan_folders import wan_pipeline

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tiny_model_folder, tmp_path):
    """A copy, to be spoilt."""
    return shutil.copytree(tiny_model_folder, tmp_path / "spoilt")


@pytest.fixture
def refused(folder, monkeypatch):
    """What is said of the folder by what loads a model, before it has loaded any part."""
    models = import_from_pack("nodes.host.models")

    def read():
        for name in ("load_vae", "load_text_encoder"):
            monkeypatch.setattr(models, name, lambda *_: pytest.fail("loaded"))
        monkeypatch.setattr(
            import_from_pack("sora_core.checkpoint.model_folders"), "load_dit", lambda *_, **__: pytest.fail("loaded")
        )
        with pytest.raises(ValueError) as caught:
            models.load_parts(models.known_models([("spoilt", folder)])["spoilt"], "cpu")
        return str(caught.value)

    return read


def test_a_folder_of_diffusers_is_offered_and_loaded(tmp_path: Path) -> None:
    models = import_from_pack("nodes.host.models")
    wan_pipeline().save_pretrained(tmp_path / "wan")
    (tmp_path / "empty").mkdir()
    known = models.known_models((name, tmp_path / name) for name in ("wan", "empty", "missing"))
    assert list(known) == ["nano (demo model)", "wan"]
    parts = models.load_parts(known["wan"], "cpu")
    assert (parts.dit.config.in_channels, parts.vae.latent_channels, parts.text_encoder.config.dim) == (16, 16, 32)


def test_half_precision_stays_half_where_the_model_runs_elsewhere(tmp_path: Path) -> None:
    models = import_from_pack("nodes.host.models")
    wan_pipeline().to(torch.bfloat16).save_pretrained(tmp_path / "wan")
    folder = models.known_models([("wan", tmp_path / "wan")])["wan"]
    assert models.load_parts(folder, "cuda").dit.dtype == torch.bfloat16, "read, but not moved"
    assert models.load_parts(folder, "cpu").dit.dtype == torch.float32


def test_a_folder_of_two_experts_is_loaded_as_one_model(tmp_path: Path) -> None:
    models = import_from_pack("nodes.host.models")
    wan_pipeline(experts=True).to(torch.bfloat16).save_pretrained(tmp_path)
    folder = models.known_models([("a14b", tmp_path)])["a14b"]
    dit = models.load_parts(folder, "cuda").dit
    assert (dit.boundary, dit.high.dtype, dit.low.dtype) == (0.6, torch.bfloat16, torch.bfloat16)
    assert dit.high is not dit.low
    assert models.load_parts(folder, "cpu").dit.low.dtype == torch.float32


def test_a_models_folder_that_may_not_be_looked_into_is_passed_over(tmp_path, monkeypatch):
    known_models = import_from_pack("nodes.host.models").known_models

    def locked(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.is_file", locked)
    assert list(known_models([("locked", tmp_path)])) == ["nano (demo model)"]


def test_a_vae_of_another_family_is_named_with_the_dit(folder, refused):
    sizes = {**vars(tiny.tiny_vae().config), "z_dim": 6}
    save_checkpoint(folder / "vae.safetensors", VideoVAE(VAEConfig(**sizes)), kind=Kind.VAE, config=VAEConfig(**sizes))
    said = refused()
    assert f"the DiT {folder / 'dit.safetensors'} takes 4 latent channels" in said
    assert f"the VAE {folder / 'vae.safetensors'} gives 6" in said


def test_an_image_to_video_model_is_refused(folder, refused):
    config = DiTConfig(**{**vars(tiny.tiny_dit().config), "in_channels": 12})
    save_checkpoint(folder / "dit.safetensors", VideoDiT(config), kind=Kind.DIT, config=config)
    assert "is an image-to-video model: it takes 12 channels, 8 of them for given frames" in refused()


def test_a_folder_with_a_former_name_of_the_bundled_model_is_that_folder(tiny_model_folder):
    models = import_from_pack("nodes.host.models")
    assert models.model_called("nano", models.known_models([])).path.name == "nano"
    known = models.known_models([("nano", tiny_model_folder)])
    assert models.model_called("nano", known).path == tiny_model_folder

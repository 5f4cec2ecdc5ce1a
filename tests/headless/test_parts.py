"""Parts of a model that do not belong together are refused by name where there is no ComfyUI."""

from __future__ import annotations

import shutil

import pytest
import torch

import tiny
from headless.pack import import_from_pack
from sora_core.checkpoint import Kind, save_checkpoint
from sora_core.models.wan.dit import DiTConfig, VideoDiT
from sora_core.models.wan.vae import VAEConfig, VideoVAE


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


def test_a_vae_of_another_family_is_named_with_the_dit(folder, refused):
    sizes = {**vars(tiny.tiny_vae().config), "z_dim": 6}
    save_checkpoint(folder / "vae.safetensors", VideoVAE(VAEConfig(**sizes)), kind=Kind.VAE, config=VAEConfig(**sizes))
    said = refused()
    assert f"the DiT {folder / 'dit.safetensors'} takes 4 latent channels" in said
    assert f"the VAE {folder / 'vae.safetensors'} gives 6" in said


def test_an_image_to_video_model_is_refused(folder, refused):
    config = DiTConfig(**{**vars(tiny.tiny_dit().config), "in_channels": 12})
    save_checkpoint(folder / "dit.safetensors", VideoDiT(config), kind=Kind.DIT, config=config)
    assert "is of an image-to-video model: it takes 12 channels, of which 8 tell of given frames" in refused()


def test_a_text_of_another_width_is_refused(models, tmp_path):
    hosts, jobs = import_from_pack("headless.host"), import_from_pack("nodes.host.job")
    terminal = import_from_pack("headless.terminal").Terminal()
    host = hosts.HeadlessHost(model_roots=[models], temp=tmp_path, device="cpu", terminal=terminal)
    model, *_ = host.load_model("tiny")
    text, latents = [[torch.zeros(1, 3, 24), {}]], torch.zeros(1, 4, 1, 4, 4)
    job = jobs.SamplingJob(text, text, latents, torch.ones_like(latents[:, :1]), 0)
    with pytest.raises(ValueError, match="got a conditioning of width 24, this model takes 16: connect its CLIP"):
        host.sample(model, job, lambda *_: None)

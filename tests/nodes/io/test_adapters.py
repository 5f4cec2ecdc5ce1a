"""What sockets carry that does not fit is refused in words that name both sides."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from headless.pack import import_from_pack

adapters, jobs = import_from_pack("nodes.io.adapters"), import_from_pack("nodes.host.job")
Compression = import_from_pack("sora_core.canvas.shapes").Compression


class ImageVAE:
    """As the host's, for images."""

    latent_channels = 4
    first_stage_model = SimpleNamespace()


def job(width: int):
    text, latents = [[torch.zeros(1, 3, width), {}]], torch.zeros(1, 16, 1, 4, 4)
    return jobs.SamplingJob(text, text, latents, latents[:, :1], seed=0)


class Host:
    """Whose VAEs are all of 4x8x8, but for images."""

    def compression(self, vae):
        return None if isinstance(vae, ImageVAE) else Compression(4, 8, 8)

    def latent_space(self, vae):
        return getattr(vae, "space", None)


@pytest.fixture(autouse=True)
def host(monkeypatch):
    monkeypatch.setattr(import_from_pack("nodes.host"), "current", Host)


def test_an_image_vae_is_named():
    with pytest.raises(ValueError, match=r"got an image VAE \(SimpleNamespace, 4 channels\), expected a video VAE"):
        adapters.vae_compression(ImageVAE())


def test_latents_of_another_vae_are_not_decoded():
    with pytest.raises(ValueError, match=r"got latents of 16 channels, this VAE \(SimpleNamespace\) takes 4"):
        adapters.check_decodes(ImageVAE(), torch.zeros(1, 16, 1, 4, 4))
    adapters.check_decodes(ImageVAE(), torch.zeros(1, 4, 1, 4, 4))


def test_a_latent_says_whose_vae_made_it_and_the_vae_of_another_model_is_refused_by_both_names():
    wan, hunyuan, unknown = SimpleNamespace(space="Wan 2.1"), SimpleNamespace(space="HunyuanVideo"), SimpleNamespace()
    latent = {"samples": torch.zeros(1, 16, 1, 4, 4)}
    assert adapters.made_with(latent, None) is latent
    assert adapters.made_with(latent, unknown) is latent
    made = adapters.made_with(latent, hunyuan)
    assert made == {**latent, adapters.MADE_WITH: "HunyuanVideo"}
    for vae in (hunyuan, unknown, None):
        adapters.check_made_with(made, vae)
    adapters.check_made_with(latent, wan)  # of a core node, which says nothing
    message = r"made with the VAE of HunyuanVideo, this VAE \(SimpleNamespace\) is that of Wan 2.1"
    with pytest.raises(ValueError, match=message):
        adapters.check_made_with(made, wan)


def test_latents_of_another_size_than_the_vae_says_are_refused_by_its_name():
    vae, images = SimpleNamespace(latent_channels=16), torch.zeros(5, 32, 48, 3)
    adapters.check_encoded(vae, images, torch.zeros(1, 16, 2, 4, 6))
    with pytest.raises(
        ValueError, match=r"got latents of \(1, 16, 2, 2, 3\) from this VAE \(SimpleNamespace\) for 5 fr"
    ):
        adapters.check_encoded(vae, images, torch.zeros(1, 16, 2, 2, 3))


def test_texts_and_latents_of_another_model_are_refused_by_its_name():
    with pytest.raises(ValueError, match=r"got a conditioning of width 768, this model \(WAN21\) takes 4096"):
        job(768).check_text(4096, "WAN21")
    with pytest.raises(ValueError, match=r"got latents of 16 channels, this model \(WAN22\) takes 48"):
        job(8).check_channels(48, "WAN22")
    job(8).check_text(8, "any")
    job(8).check_channels(16, "any")

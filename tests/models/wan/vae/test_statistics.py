"""Raw latents and normalised ones: by hand, and back."""

import torch

from sora_core.models.wan.vae import VAEConfig
from sora_core.models.wan.vae.statistics import LatentStatistics


def test_each_channel_is_shifted_by_its_mean_and_divided_by_its_deviation() -> None:
    statistics = LatentStatistics((1.0, -2.0), (2.0, 0.5))
    raw = torch.tensor([3.0, -1.0]).view(1, 2, 1, 1, 1).expand(2, 2, 3, 4, 5)
    normalised = statistics.normalise(raw)
    assert normalised.shape == raw.shape
    assert torch.equal(normalised, torch.tensor([1.0, 2.0]).view(1, 2, 1, 1, 1).expand_as(raw))
    assert torch.equal(statistics.denormalise(normalised), raw)


def test_a_vae_without_statistics_gives_normalised_latents_already() -> None:
    latents = torch.randn(1, 3, 2, 4, 4)
    statistics = LatentStatistics.of(VAEConfig(z_dim=3))
    assert torch.equal(statistics.normalise(latents), latents)
    assert LatentStatistics.of(VAEConfig(z_dim=3, latent_std=(2.0,) * 3)).normalise(latents).equal(latents / 2)


def test_the_arithmetic_is_in_the_precision_of_the_latents() -> None:
    statistics = LatentStatistics((0.1,), (3.0,))
    exact = statistics.normalise(torch.ones(1, 1, 1, 1, 1, dtype=torch.float64))
    assert exact.dtype is torch.float64
    assert exact.item() == (1 - 0.1) / 3

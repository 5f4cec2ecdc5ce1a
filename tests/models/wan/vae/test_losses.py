"""Each term of the VAE's loss on cases that can be worked out by hand."""

import math

import pytest
import torch

from sora_core.models.wan.vae.losses import (
    VAELossWeights,
    change_loss,
    edge_loss,
    kl_divergence,
    sample_latents,
    vae_loss,
)

CLIP = (2, 3, 5, 4, 6)
LATENT = (2, 4, 2, 1, 2)


def test_kl_is_zero_for_the_standard_normal_and_half_a_nat_per_unit_of_squared_mean():
    zeros = torch.zeros(LATENT)
    assert kl_divergence(zeros, zeros) == 0
    assert kl_divergence(zeros + 1, zeros) == pytest.approx(0.5 * 16)


def test_kl_of_a_narrow_gaussian():
    log_variance = torch.full(LATENT, math.log(0.25))
    assert kl_divergence(torch.zeros(LATENT), log_variance).item() == pytest.approx(16 * 0.5 * (0.25 - 1 + math.log(4)))


def test_edges_ignore_a_constant_offset_and_count_a_step():
    target = torch.zeros(CLIP)
    assert edge_loss(target + 0.5, target) == 0
    step = target.clone()
    step[..., 3:] = 1  # one of five horizontal differences
    assert edge_loss(step, target) == pytest.approx(0.2)


def test_changes_ignore_a_constant_offset_and_count_a_pulse():
    target = torch.zeros(1, 3, 5, 2, 2)
    assert change_loss(target + 0.5, target) == 0
    pulse = target.clone()
    pulse[:, :, 2] = 1  # there and back: two of four differences
    assert change_loss(pulse, target) == pytest.approx(0.5)
    assert change_loss(pulse[:, :, :1], target[:, :, :1] + 1) == 0


def test_the_loss_of_a_perfect_reconstruction_is_its_kl():
    pixels, mean = torch.rand(CLIP), torch.ones(LATENT)
    loss = vae_loss(pixels, pixels, mean=mean, log_variance=torch.zeros(LATENT), weights=VAELossWeights(kl=0.1))
    assert loss == pytest.approx(0.8)


def test_the_loss_of_an_offset_is_l1_plus_weighted_square():
    pixels, zeros = torch.zeros(CLIP), torch.zeros(LATENT)
    loss = vae_loss(pixels + 0.5, pixels, mean=zeros, log_variance=zeros, weights=VAELossWeights(squared=2.0))
    assert loss == pytest.approx(0.5 + 2.0 * 0.25)


def test_another_size_is_refused():
    zeros = torch.zeros(LATENT)
    with pytest.raises(ValueError, match="got a prediction of"):
        vae_loss(torch.zeros(CLIP), torch.zeros(1, *CLIP[1:]), mean=zeros, log_variance=zeros)


def test_sampled_latents_have_the_given_moments():
    mean, log_variance = torch.full((1, 1, 100, 10, 10), 2.0), torch.full((1, 1, 100, 10, 10), math.log(0.25))
    latents = sample_latents(mean, log_variance, torch.Generator().manual_seed(0))
    assert latents.mean().item() == pytest.approx(2.0, abs=0.02)
    assert latents.std().item() == pytest.approx(0.5, abs=0.02)

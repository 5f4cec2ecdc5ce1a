"""Training losses of the VAE, as pure functions; none uses a pretrained network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class VAELossWeights:
    """Weight of each loss term; the L1 reconstruction loss has weight 1."""

    squared: float = 0.5
    edges: float = 0.5
    changes: float = 0.0
    kl: float = 1e-6


def sample_latents(
    mean: torch.Tensor, log_variance: torch.Tensor, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Sample z = mean + std * noise, with log_variance clamped to -30..20. All are [B C T H W]."""
    noise = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
    return mean + torch.exp(0.5 * log_variance.clamp(-30.0, 20.0)) * noise


def kl_divergence(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Compute KL(N(mean, var) || N(0, 1)) in nats, summed over each sample's latent and averaged over the batch.

    mean, log_variance: [B C T H W] -> scalar. (Kingma and Welling, https://arxiv.org/abs/1312.6114, appendix B.)
    """
    log_variance = log_variance.clamp(-30.0, 20.0)
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).flatten(1).sum(1).mean()


def edge_loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """L1 loss of the differences between neighbouring pixels along height and width; penalises blur.

    prediction, target: [... H W] -> scalar.
    """
    error = prediction - target
    return error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()


def change_loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """L1 loss of the differences between consecutive frames; penalises a pulse at each latent frame.

    prediction, target: [B 3 F H W] -> scalar; 0 for a single frame.
    """
    if prediction.shape[2] == 1:
        return prediction.new_zeros(())
    return F.l1_loss(prediction.diff(dim=2), target.diff(dim=2))


def vae_loss(
    prediction: torch.Tensor,
    target: torch.Tensor,
    *,
    mean: torch.Tensor,
    log_variance: torch.Tensor,
    weights: VAELossWeights | None = None,
) -> torch.Tensor:
    """Sum the weighted terms L1, squared, edges, changes and KL to one scalar.

    prediction, target: [B 3 F H W] in -1..1.
    mean, log_variance: [B C T H' W'].

    The KL term is summed over a sample's latent and not divided by its pixel count, as in latent diffusion
    (https://arxiv.org/abs/2112.10752).
    """
    if prediction.shape != target.shape:
        raise ValueError(f"got a prediction of {tuple(prediction.shape)}; expected the target's {tuple(target.shape)}")
    weights = weights or VAELossWeights()
    loss = F.l1_loss(prediction, target) + weights.squared * F.mse_loss(prediction, target)
    loss = loss + weights.edges * edge_loss(prediction, target) + weights.changes * change_loss(prediction, target)
    return loss + weights.kl * kl_divergence(mean, log_variance)

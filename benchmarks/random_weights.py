"""Models with random weights everywhere; a new model has zeros in every residual branch."""

from __future__ import annotations

import torch

from sora_core.models.wan.dit import DiTConfig, VideoDiT
from sora_core.models.wan.vae import VAEConfig, VideoVAE


def random_vae(config: VAEConfig) -> VideoVAE:
    """Build a VAE with random weights of a scale that keeps activations near 1."""
    torch.manual_seed(0)
    vae = VideoVAE(config).eval().requires_grad_(False)
    for name, parameter in vae.named_parameters():
        if not name.endswith("gamma"):
            parameter.normal_(std=parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.1)
    return vae


def wan_vae(dim: int) -> VideoVAE:
    """Build a VAE of Wan 2.1's shape with any even width, 96 as published; latents are raw, as in the peers."""
    return random_vae(VAEConfig(dim=dim, decoder_dim=dim))


def wan_dit(dim: int, layers: int) -> VideoDiT:
    """Build a DiT of Wan 2.1's shape, with a width that is a multiple of 128 and any number of blocks."""
    torch.manual_seed(0)
    dit = VideoDiT(DiTConfig(dim=dim, ffn_dim=dim * 35 // 6, num_heads=dim // 128, num_layers=layers)).eval()
    for weight in dit.parameters():
        torch.nn.init.normal_(weight.data, std=0.02)
    return dit.requires_grad_(False)

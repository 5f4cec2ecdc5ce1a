"""Small VAEs of each layout, with random weights everywhere (a fresh VAE has branches that start at zero)."""

import torch

from sora_core.models.wan.vae import VAEConfig, VideoVAE

CONFIGS = {
    "wan_2_1": VAEConfig(dim=8, decoder_dim=8, z_dim=4),
    "wan_2_2": VAEConfig(dim=8, decoder_dim=12, z_dim=6, patch_size=2, shortcuts=True, latent_mean=(0.1,) * 6),
    "nano": VAEConfig(
        dim=8,
        decoder_dim=8,
        z_dim=4,
        dim_mult=(1, 2, 4),
        num_res_blocks=1,
        temporal_downsample=(True, True),
        patch_size=2,
        shortcuts=True,
        latent_std=(0.5, 1.0, 2.0, 4.0),
    ),
}


def random_vae(config: VAEConfig, dtype: torch.dtype = torch.float32) -> VideoVAE:
    """A VAE whose every parameter is random, of a scale that keeps activations near 1."""
    generator = torch.Generator().manual_seed(0)
    vae = VideoVAE(config, dtype=dtype)
    with torch.no_grad():
        for name, parameter in vae.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator).to(dtype)
            if name.endswith("gamma"):
                parameter.copy_(1 + 0.1 * noise)
            else:
                parameter.copy_(noise * (parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.1))
    return vae


def random_pixels(
    vae: VideoVAE, frames: int, batch: int = 1, dtype: torch.dtype = torch.float32, grid: tuple[int, int] = (3, 2)
) -> torch.Tensor:
    """Pixels of a grid of latents, by default not square."""
    ratio = vae.compression
    shape = (batch, 3, frames, grid[0] * ratio.height, grid[1] * ratio.width)
    return torch.rand(shape, generator=torch.Generator().manual_seed(1)).to(dtype) * 2 - 1


def random_latents(
    vae: VideoVAE, frames: int, batch: int = 1, dtype: torch.dtype = torch.float32, grid: tuple[int, int] = (3, 2)
) -> torch.Tensor:
    """Latents of a grid of places, by default not square."""
    shape = (batch, vae.latent_channels, frames, *grid)
    return torch.randn(shape, generator=torch.Generator().manual_seed(2)).to(dtype)

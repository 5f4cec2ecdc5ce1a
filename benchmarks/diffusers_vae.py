"""diffusers' AutoencoderKLWan with the weights of one of our VAEs, for parity tests and benchmarks."""

from __future__ import annotations

from unittest import mock

import torch
from diffusers.models.autoencoders import autoencoder_kl_wan

from sora_core.models.wan.vae import VideoVAE
from sora_core.models.wan.vae.diffusers_names import diffusers_name
from sora_core.models.wan.vae.layers import AverageDown


def diffusers_twin(vae: VideoVAE) -> autoencoder_kl_wan.AutoencoderKLWan:
    """Build an AutoencoderKLWan of the same size, dtype and weights.

    diffusers refuses a shortcut of an encoder level with more output channels than its fold gives; ours replaces it.
    """
    config = vae.config
    arguments = {
        "base_dim": config.dim,
        "z_dim": config.z_dim,
        "dim_mult": list(config.dim_mult),
        "num_res_blocks": config.num_res_blocks,
        "temperal_downsample": list(config.temporal_downsample),
        "decoder_base_dim": config.decoder_dim,
    }
    if config.patch_size > 1:
        channels = 3 * config.patch_size**2
        arguments |= {"patch_size": config.patch_size, "in_channels": channels, "out_channels": channels}
    with mock.patch.object(autoencoder_kl_wan, "AvgDown3D", _AverageDownOfDiffusers):
        twin = autoencoder_kl_wan.AutoencoderKLWan(**arguments, is_residual=config.shortcuts)
    twin = twin.to(dtype=next(vae.parameters()).dtype)
    weights = {diffusers_name(key, config.num_res_blocks): value for key, value in vae.state_dict().items()}
    twin.load_state_dict(weights, strict=True)
    return twin.eval()


class _AverageDownOfDiffusers(torch.nn.Module):
    """diffusers' AvgDown3D if it can be built, else ours."""

    _original = autoencoder_kl_wan.AvgDown3D

    def __new__(cls, in_channels: int, out_channels: int, factor_t: int, factor_s: int = 1) -> torch.nn.Module:  # type: ignore[misc]
        if in_channels * factor_t * factor_s**2 % out_channels == 0:
            return cls._original(in_channels, out_channels, factor_t, factor_s)
        return AverageDown(in_channels, out_channels, factor_t, factor_s)

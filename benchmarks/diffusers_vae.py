"""The peer: diffusers' AutoencoderKLWan with the weights of one of our VAEs, for parity tests and benchmarks.

diffusers has a converter for the Wan 2.1 layout only, so the key map for both layouts is written here.
"""

from __future__ import annotations

import re
from unittest import mock

import torch
from diffusers.models.autoencoders import autoencoder_kl_wan

from sora_core.vae import VideoVAE
from sora_core.vae.layers import AverageDown

_RENAMED = (
    (r"^conv1\.", "quant_conv."),
    (r"^conv2\.", "post_quant_conv."),
    (r"^(encoder|decoder)\.conv1\.", r"\1.conv_in."),
    (r"\.head\.0\.", ".norm_out."),
    (r"\.head\.2\.", ".conv_out."),
    (r"\.middle\.0\.", ".mid_block.resnets.0."),
    (r"\.middle\.1\.", ".mid_block.attentions.0."),
    (r"\.middle\.2\.", ".mid_block.resnets.1."),
    (r"\.residual\.0\.", ".norm1."),
    (r"\.residual\.2\.", ".conv1."),
    (r"\.residual\.3\.", ".norm2."),
    (r"\.residual\.6\.", ".conv2."),
    (r"\.shortcut\.", ".conv_shortcut."),
    (r"\.downsamples\.(\d+)\.downsamples\.(\d+)\.(?=norm|conv)", r".down_blocks.\1.resnets.\2."),
    (r"\.downsamples\.(\d+)\.downsamples\.(\d+)\.(?=resample|time_conv)", r".down_blocks.\1.downsampler."),
    (r"\.upsamples\.(\d+)\.upsamples\.(\d+)\.(?=norm|conv)", r".up_blocks.\1.resnets.\2."),
    (r"\.upsamples\.(\d+)\.upsamples\.(\d+)\.(?=resample|time_conv)", r".up_blocks.\1.upsampler."),
    (r"\.downsamples\.(\d+)\.", r".down_blocks.\1."),
)


def diffusers_key(key: str, blocks_per_level: int) -> str:
    """diffusers' name of one of our (Wan's) keys; `blocks_per_level` counts residual blocks in a decoder level."""
    for pattern, replacement in _RENAMED:
        key = re.sub(pattern, replacement, key)
    flat = re.match(r"^decoder\.upsamples\.(\d+)\.(.*)$", key)  # the 2.1 decoder is one flat list, diffusers nests it
    if flat is None:
        return key
    level, place = divmod(int(flat[1]), blocks_per_level + 1)
    part = "upsamplers.0" if place == blocks_per_level else f"resnets.{place}"
    return f"decoder.up_blocks.{level}.{part}.{flat[2]}"


def diffusers_twin(vae: VideoVAE) -> autoencoder_kl_wan.AutoencoderKLWan:
    """An AutoencoderKLWan of the same size, dtype and weights.

    diffusers refuses encoders whose last level widens by more than it folds; there the shortcut is ours.
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
    weights = {diffusers_key(key, config.num_res_blocks + 1): value for key, value in vae.state_dict().items()}
    twin.load_state_dict(weights, strict=True)
    return twin.eval()


class _AverageDownOfDiffusers(torch.nn.Module):
    """diffusers' AvgDown3D wherever it can be built, else ours."""

    _original = autoencoder_kl_wan.AvgDown3D

    def __new__(cls, in_channels: int, out_channels: int, factor_t: int, factor_s: int = 1) -> torch.nn.Module:  # type: ignore[misc]
        if in_channels * factor_t * factor_s**2 % out_channels == 0:
            return cls._original(in_channels, out_channels, factor_t, factor_s)
        return AverageDown(in_channels, out_channels, factor_t, factor_s)

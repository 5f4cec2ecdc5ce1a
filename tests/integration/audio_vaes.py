"""The audio VAEs of LTX-2 and MiniMax-H3 with a few random weights, and the VAE of MiniMax-H3's frames.

The host's own VAE loader makes them. It writes the sizes of MiniMax-H3 into its code, so these are made smaller.
"""

from __future__ import annotations

import functools
import json
from typing import Any
from unittest.mock import patch

import torch
from in_process import randomised

DDCONFIG = {
    "double_z": True,
    "mel_bins": 64,
    "z_channels": 8,
    "resolution": 256,
    "downsample_time": False,
    "in_channels": 2,
    "out_ch": 2,
    "ch": 8,
    "ch_mult": [1, 1, 1],
    "num_res_blocks": 1,
    "attn_resolutions": [],
    "dropout": 0.0,
    "mid_block_add_attention": False,
    "norm_type": "pixel",
    "causality_axis": "height",
}
LTX_2 = {
    "audio_vae": {
        "model": {"params": {"ddconfig": DDCONFIG, "sampling_rate": 16000}},
        "preprocessing": {"stft": {"filter_length": 1024, "hop_length": 160}},
    },
    "vocoder": {"upsample_initial_channel": 32, "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3, 5]]},
}


def ltx_2() -> Any:
    """Of LTX-2: 25 latents a second of 8 channels and 16 bands; decodes to 24 kHz."""
    import comfy.ldm.lightricks.vae.audio_vae as own
    import comfy.sd

    metadata = {"config": json.dumps(LTX_2)}
    return comfy.sd.VAE(sd=_state(own.AudioVAE(metadata=metadata)), metadata=metadata)


def minimax_h3() -> Any:
    """Of MiniMax-H3: 40 latents a second of 32 channels, stereo, at 32 kHz."""
    import comfy.ldm.minimax.audio_vae as own
    import comfy.sd

    decoder = functools.partial(own.BigVGAN, resblock_kernel_sizes=(3,), resblock_dilation_sizes=((1, 3, 5),))
    small = functools.partial(own.MiniMaxH3AudioVAE, encoder_dim=4, latent_dim=128, decoder_dim=128)
    with patch.object(own, "BigVGAN", decoder), patch.object(own, "MiniMaxH3AudioVAE", small):
        return comfy.sd.VAE(sd=_state(small()))


def minimax_h3_frames() -> Any:
    """The VAE of MiniMax-H3's frames."""
    import comfy.ldm.minimax.vae as own
    import comfy.sd

    decoder = functools.partial(own.ViT3DDecoder, num_layers=1, heads=2, dim_head=32)
    sizes = {"ch": 32, "ch_mult": (1, 1, 1, 1, 1, 1), "num_res_blocks": 1}
    small = functools.partial(own.MiniMaxH3VideoVAE, **sizes)

    def made(**given: Any) -> torch.nn.Module:
        given.pop("operations", None)
        with patch.object(own, "ViT3DDecoder", decoder):
            return small()

    with patch.object(own, "MiniMaxH3VideoVAE", made):
        return comfy.sd.VAE(sd=_state(made()))


def _state(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Random weights; statistics of latents are those of a normal distribution."""
    state = randomised(module).state_dict()
    for name, weight in state.items():
        if "std" in name:
            weight.fill_(1)
        elif "mean" in name and "proj" not in name:
            weight.zero_()
    return {name: weight.clone() for name, weight in state.items()}

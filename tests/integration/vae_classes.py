"""Every video VAE class of ComfyUI with a few random weights, made by its own VAE loader: what tests compare grids on.

The host writes most sizes into its loader; its classes are therefore made smaller while they are loaded.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import host_files
import torch
from in_process import randomised

WAN: dict[str, Any] = {"dim_mult": [1, 2, 4, 4], "num_res_blocks": 1, "temperal_downsample": [False, True, True]}
HUNYUAN: dict[str, Any] = {
    "double_z": True,
    "z_channels": 16,
    "resolution": 256,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 32,
    "ch_mult": [1, 1, 2, 2],
    "num_res_blocks": 1,
    "attn_resolutions": [],
    "dropout": 0.0,
    "conv3d": True,
    "time_compress": 4,
}
HUNYUAN_1_5: dict[str, Any] = {
    "block_out_channels": [32, 32, 64, 64, 64],
    "in_channels": 3,
    "out_channels": 3,
    "num_res_blocks": 1,
    "ffactor_spatial": 16,
    "ffactor_temporal": 4,
    "z_channels": 32,
}
COSMOS: dict[str, Any] = {
    "z_channels": 16,
    "latent_channels": 16,
    "z_factor": 1,
    "resolution": 1024,
    "in_channels": 3,
    "out_channels": 3,
    "channels": 8,
    "channels_mult": [2, 4, 4],
    "num_res_blocks": 1,
    "attn_resolutions": [32],
    "dropout": 0.0,
    "patch_size": 4,
    "num_groups": 1,
    "temporal_compression": 8,
    "spacial_compression": 8,
}


def _made(name: str, *arguments: Any, **sizes: Any) -> Callable[[], torch.nn.Module]:
    """Calls a class of comfy.ldm or of comfy.taesd when it is asked to."""
    module, _, kind = name.rpartition(".")
    return lambda: getattr(importlib.import_module(f"comfy.{module}"), kind)(*arguments, **sizes)


def _hunyuan_1_5() -> torch.nn.Module:
    target = "comfy.ldm.hunyuan_video.vae_refiner."
    return _made(
        "ldm.models.autoencoder.AutoencodingEngine",
        regularizer_config={"target": "comfy.ldm.models.autoencoder.EmptyRegularizer"},
        encoder_config={"target": f"{target}Encoder", "params": HUNYUAN_1_5},
        decoder_config={"target": f"{target}Decoder", "params": HUNYUAN_1_5},
    )()


def _mochi() -> torch.nn.Module:
    from comfy.ldm.genmo.vae import model

    sizes = {"base_channels": 32, "channel_multipliers": [1, 2, 1, 2], "num_res_blocks": [3, 1, 1, 1, 3]}
    both = {"latent_dim": 12, "padding_mode": "replicate", **sizes}
    made = torch.nn.Module.__new__(model.VideoVAE)
    torch.nn.Module.__init__(made)
    made.encoder = model.Encoder(
        in_channels=15,
        temporal_reductions=[1, 2, 3],
        spatial_reductions=[2, 2, 2],
        prune_bottlenecks=[False] * 5,
        has_attentions=[False, True, True, True, True],
        input_is_conv_1x1=True,
        **both,
    )
    made.decoder = model.Decoder(
        out_channels=3,
        temporal_expansions=[1, 2, 3],
        spatial_expansions=[2, 2, 2],
        has_attention=[False] * 5,
        output_norm=False,
        nonlinearity="silu",
        output_nonlinearity="silu",
        causal=True,
        **both,
    )
    return made


def _minimax() -> torch.nn.Module:
    from comfy.ldm.minimax import vae

    decoder = functools.partial(vae.ViT3DDecoder, num_layers=1, heads=2, dim_head=32)
    with patch.object(vae, "ViT3DDecoder", decoder):
        return vae.MiniMaxH3VideoVAE(ch=32, ch_mult=(1, 1, 1, 1, 1, 1), num_res_blocks=1)


MAKERS: dict[str, tuple[str, Callable[[], torch.nn.Module]]] = {
    "wan_2_1": ("ldm.wan.vae.WanVAE", _made("ldm.wan.vae.WanVAE", dim=4, z_dim=16, **WAN)),
    "wan_2_2": ("ldm.wan.vae2_2.WanVAE", _made("ldm.wan.vae2_2.WanVAE", dim=4, dec_dim=8, z_dim=48, **WAN)),
    "hunyuan": ("sd.AutoencoderKL", _made("ldm.models.autoencoder.AutoencoderKL", ddconfig=HUNYUAN, embed_dim=16)),
    "hunyuan_1_5": ("sd.AutoencodingEngine", _hunyuan_1_5),
    "mochi": ("ldm.genmo.vae.model.VideoVAE", _mochi),
    "ltxv": (
        "ldm.lightricks.vae.causal_video_autoencoder.VideoVAE",
        _made("ldm.lightricks.vae.causal_video_autoencoder.VideoVAE", config=host_files.LTX["vae"]),
    ),
    "cosmos": (
        "ldm.cosmos.vae.CausalContinuousVideoTokenizer",
        _made("ldm.cosmos.vae.CausalContinuousVideoTokenizer", **COSMOS),
    ),
    "cogvideox": (
        "ldm.cogvideo.vae.AutoencoderKLCogVideoX",
        _made("ldm.cogvideo.vae.AutoencoderKLCogVideoX", block_out_channels=(32, 32, 32, 32), layers_per_block=1),
    ),
    "minimax_h3": ("ldm.minimax.vae.MiniMaxH3VideoVAE", _minimax),
    "tae_wan_2_1": ("taesd.taehv.TAEHV", _made("taesd.taehv.TAEHV", latent_channels=16)),
    "tae_wan_2_2": ("taesd.taehv.TAEHV", _made("taesd.taehv.TAEHV", latent_channels=48)),
    "tae_hunyuan_1_5": ("taesd.taehv.TAEHV", _made("taesd.taehv.TAEHV", latent_channels=32)),
    "tae_minimax_h3": ("taesd.taehv.TAEHV", _made("taesd.taehv.TAEHV", latent_channels=24)),
    "tae_ltx_2": ("taesd.taehv.TAEHV", _made("taesd.taehv.TAEHV", latent_channels=128)),
}
"""The host's name of each class under `comfy`, as its loader calls it, and what makes a small one."""


def load(name: str) -> Any:
    """A VAE of the host, of one of MAKERS, in float32."""
    import comfy.sd

    target, make = MAKERS[name]
    small = randomised(make())
    state = {key: weight.clone() for key, weight in small.state_dict().items()}
    if name == "cosmos":  # a published file has this buffer, by which the loader knows it
        state["decoder.unpatcher3d.wavelets"] = small.decoder.unpatcher3d.wavelets
    with _instead(target, small):
        return comfy.sd.VAE(sd=state, dtype=torch.float32)


@contextmanager
def _instead(target: str, small: torch.nn.Module) -> Iterator[None]:
    """The host's loader gets this module for any sizes; but of TAEHV, for whose class it asks, it makes its own."""
    module, _, kind = target.rpartition(".")
    if kind == "TAEHV":
        yield
        return
    with patch.object(importlib.import_module(f"comfy.{module}"), kind, lambda *_, **__: small):
        yield

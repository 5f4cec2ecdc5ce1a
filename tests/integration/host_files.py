"""Small files that ComfyUI's own loaders take: families of video models with random weights, at the smallest sizes.

Wan's DiTs: any width that is a multiple of 128, that of a head, and any number of blocks; text has 4096 channels.
Wan's VAEs: 2.1 may have any even width; that of 2.2 is written into the host as 160, so its class is changed here.
LTX-Video: any size, for its files say their config.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from in_process import Comfy, randomised
from safetensors.torch import save_file

TEXT = 4096
WAN_VAE: dict[str, Any] = {
    "dim_mult": [1, 2, 4, 4],
    "num_res_blocks": 2,
    "attn_scales": [],
    "temperal_downsample": [False, True, True],
}
LTX = {
    "transformer": {
        "num_attention_heads": 2,
        "attention_head_dim": 32,
        "cross_attention_dim": 64,
        "caption_channels": TEXT,
        "num_layers": 1,
    },
    "vae": {
        "dims": 3,
        "latent_channels": 128,
        "blocks": [["res_x", 1], *[["compress_all", 1]] * 3, ["res_x", 1]],
        "norm_layer": "pixel_norm",
        "patch_size": 4,
        "latent_log_var": "uniform",
        "causal_decoder": True,
        "spatial_padding_mode": "zeros",
        "encoder_base_channels": 8,
        "decoder_base_channels": 8,
    },
}


@dataclass(frozen=True)
class Family:
    """A MODEL and its VAE, loaded by the host's loaders. size: side in pixels of a few latents that patches divide."""

    model: Any
    vae: Any
    size: int

    def text(self, seed: int, length: int = 7) -> list[list[Any]]:
        """A CONDITIONING."""
        embeddings = torch.randn(1, length, TEXT, generator=torch.Generator().manual_seed(seed))
        return [[embeddings, {"attention_mask": torch.ones(1, length, dtype=torch.long)}]]


def load(comfy: Comfy, folder: Path, name: str, seed: int = 0) -> Family:
    """One of MAKERS: writes its two files, called {name}_{seed}, into the host's model folders, and loads them."""
    make_model, make_vae, size = MAKERS[name]
    metadata = {"config": json.dumps(LTX)} if name == "ltxv" else None
    for kind, make in (("diffusion_models", make_model), ("vae", make_vae)):
        (folder / "models" / kind).mkdir(parents=True, exist_ok=True)
        state = {key: weight.contiguous() for key, weight in randomised(make(), seed).state_dict().items()}
        save_file(state, folder / "models" / kind / f"{name}_{seed}.safetensors", metadata=metadata)
    (model,) = comfy.run("UNETLoader", unet_name=f"{name}_{seed}.safetensors", weight_dtype="default")
    (vae,) = comfy.run("VAELoader", vae_name=f"{name}_{seed}.safetensors")
    return Family(model, vae, size)


def ours(comfy: Comfy, folder: Path, name: str, seed: int = 0) -> Any:
    """The MODEL that our loader makes of files that `load` has written."""
    checkpoint, native = comfy.part("sora_core.checkpoint"), comfy.part("nodes.comfy.model")
    layout = native.SoraLatentFormat(checkpoint.load_vae(folder / "models" / "vae" / f"{name}_{seed}.safetensors"))
    file = folder / "models" / "diffusion_models" / f"{name}_{seed}.safetensors"
    return native.native_model(checkpoint.load_dit(file), layout)


def _wan(**sizes: Any) -> torch.nn.Module:
    import comfy.ldm.wan.model
    import comfy.ops

    return comfy.ldm.wan.model.WanModel(
        dim=128, ffn_dim=96, num_heads=1, num_layers=2, **sizes, dtype=torch.float32, operations=comfy.ops.manual_cast
    )


def _wan_2_1_vae() -> torch.nn.Module:
    from comfy.ldm.wan import vae

    return vae.WanVAE(dim=4, z_dim=16, **WAN_VAE)


def _wan_2_2_vae() -> torch.nn.Module:
    from comfy.ldm.wan import vae2_2

    small = functools.partial(vae2_2.WanVAE, z_dim=48, **WAN_VAE)

    def instead(**_: Any) -> torch.nn.Module:
        return small(dim=4, dec_dim=8)

    vae2_2.WanVAE = instead
    return instead()


def _ltx_transformer() -> torch.nn.Module:
    import comfy.ldm.lightricks.model
    import comfy.ops

    model = comfy.ldm.lightricks.model.LTXVModel
    return model(**LTX["transformer"], dtype=torch.float32, operations=comfy.ops.manual_cast)


def _ltx_vae() -> torch.nn.Module:
    from comfy.ldm.lightricks.vae.causal_video_autoencoder import VideoVAE

    return VideoVAE(config=LTX["vae"])


MAKERS = {
    "wan_2_1": (functools.partial(_wan, in_dim=16), _wan_2_1_vae, 32),
    "wan_2_1_image": (functools.partial(_wan, in_dim=36, model_type="i2v"), _wan_2_1_vae, 32),
    "wan_2_1_first_last": (
        functools.partial(_wan, in_dim=36, model_type="i2v", flf_pos_embed_token_number=514),
        _wan_2_1_vae,
        32,
    ),
    "wan_2_2_image": (functools.partial(_wan, in_dim=36), _wan_2_1_vae, 32),  # one expert of A14B
    "wan_2_2": (functools.partial(_wan, in_dim=48, out_dim=48), _wan_2_2_vae, 64),
    "ltxv": (_ltx_transformer, _ltx_vae, 64),
}

"""ComfyUI's WanVAE with the weights of one of our VAEs. Call peers.import_comfyui first."""

from __future__ import annotations

from typing import Any

from sora_core.models.wan.vae import VideoVAE


def comfyui_twin(vae: VideoVAE) -> Any:
    """Build a WanVAE of the same size and weights, for VAEs of Wan 2.1's kind only."""
    from comfy.ldm.wan.vae import WanVAE

    config = vae.config
    assert (config.decoder_dim, config.patch_size, config.shortcuts) == (config.dim, 1, False), config
    twin = WanVAE(
        dim=config.dim,
        z_dim=config.z_dim,
        dim_mult=list(config.dim_mult),
        num_res_blocks=config.num_res_blocks,
        temperal_downsample=list(config.temporal_downsample),
    )
    twin.load_state_dict(vae.state_dict(), strict=True)
    return twin.eval().requires_grad_(False)

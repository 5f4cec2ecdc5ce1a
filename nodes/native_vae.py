"""Our VAE as ComfyUI's own VAE, decoded as a stream; a Wan VAE that core has loaded can be had as one too.

ComfyUI then places, casts and offloads it as its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import comfy.model_management
import comfy.model_patcher
import comfy.ops
import comfy.sd
import torch
from torch import nn

from ..sora_core.shapes import Compression
from ..sora_core.vae import VideoVAE
from ..sora_core.vae.layouts import find_vae
from .statistics import LatentStatistics


class RawVAE(nn.Module):
    """A VideoVAE on raw latents, as every VAE in ComfyUI; it takes over the weights, into layers that cast them."""

    def __init__(self, vae: VideoVAE) -> None:
        super().__init__()
        self.vae = VideoVAE(vae.config, device="meta", operations=comfy.ops.disable_weight_init)
        self.vae.load_state_dict(vae.state_dict(), assign=True)
        self.vae.requires_grad_(False)
        self.statistics = LatentStatistics.of(vae.config)

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """[B 3 F H W] in -1..1 -> raw [B C T H W]; frames beyond 1 + a multiple of the compression are left out."""
        time = self.vae.compression.time
        latents = self.vae.encode(pixels[:, :, : 1 + (pixels.shape[2] - 1) // time * time])
        return self.statistics.denormalise(latents)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Raw [B C T H W] -> [B 3 F H W], chunk by chunk: beyond the result itself memory does not grow with T."""
        return self.vae.decode(self.statistics.normalise(latents))

    def decode_stream(self, latents: torch.Tensor) -> Iterator[torch.Tensor]:
        """Raw [B C T H W] -> chunks [B 3 f H W]."""
        return self.vae.decode_stream(self.statistics.normalise(latents))


class NativeVAE(comfy.sd.VAE):
    """A VAE that holds a VideoVAE, with a streamed decode. dtype: to compute in; None is what the host chooses."""

    def __init__(self, vae: VideoVAE, dtype: torch.dtype | None = None) -> None:
        with _without_warnings():  # "no VAE weights detected": they come in the next lines
            super().__init__(sd={})
        self.first_stage_model = RawVAE(vae).eval()
        self._describe(vae.compression, vae.latent_channels)
        management = comfy.model_management
        self.device = management.vae_device()
        self.vae_dtype = dtype or management.vae_dtype(self.device, self.working_dtypes)
        self.output_device = management.intermediate_device()
        self.first_stage_model.to(self.vae_dtype)
        self.patcher = comfy.model_patcher.ModelPatcher(
            self.first_stage_model, load_device=self.device, offload_device=management.vae_offload_device()
        )
        self.size = management.module_size(self.first_stage_model)

    def _describe(self, ratio: Compression, channels: int) -> None:
        self.latent_channels, self.latent_dim, self.output_channels = channels, 3, 3
        self.working_dtypes = [torch.bfloat16, torch.float32]
        self.upscale_ratio = (lambda frames: max(0, frames * ratio.time - ratio.time + 1), ratio.height, ratio.width)
        self.downscale_ratio = (
            lambda frames: max(0, (frames + ratio.time - 1) // ratio.time),
            ratio.height,
            ratio.width,
        )
        self.upscale_index_formula = self.downscale_index_formula = (ratio.time, ratio.height, ratio.width)
        per_pixel = 7000  # bytes per byte of dtype, as the host reckons for Wan 2.1's VAE; ours needs less
        bytes_of = comfy.model_management.dtype_size
        self.memory_used_encode = lambda shape, dtype: per_pixel * shape[3] * shape[4] * bytes_of(dtype)
        self.memory_used_decode = lambda shape, dtype: (
            per_pixel * shape[3] * shape[4] * ratio.height * ratio.width * bytes_of(dtype)
        )
        self.process_output = lambda image: image.add_(1).div_(2).clamp_(0, 1)

    @torch.no_grad()
    def decode_stream(self, samples: torch.Tensor) -> Iterator[torch.Tensor]:
        """Raw latents [B C T H W] -> chunks [B 3 f H W] around -1..1 on the CPU."""
        memory = self.memory_used_decode(samples.shape, self.vae_dtype)
        comfy.model_management.load_models_gpu([self.patcher], memory_required=memory)
        for chunk in self.first_stage_model.decode_stream(samples.to(self.device, self.vae_dtype)):
            yield chunk.float().cpu()


def streaming_form(vae: comfy.sd.VAE) -> NativeVAE | None:
    """A VAE that decodes as a stream what this one decodes; None for a family that we have no code for.

    Wan's VAEs, whoever loaded them: their tensors have our names. It holds a copy of the weights, so do not keep it.
    """
    if isinstance(vae, NativeVAE):
        return vae
    weights = vae.first_stage_model.state_dict()
    try:
        found = find_vae({name: tuple(weight.shape) for name, weight in weights.items()})
    except ValueError:  # of this family, and yet not one of the published: the host has a class for it
        return None
    if found is None:
        return None
    twin = VideoVAE(replace(found.config, latent_mean=None, latent_std=None), device="meta")  # raw, as the host's
    try:
        twin.load_state_dict(
            {name: weight.to(vae.patcher.offload_device) for name, weight in weights.items()}, assign=True
        )
    except RuntimeError:  # as above: it decodes to other channels, say
        return None
    return NativeVAE(twin, vae.vae_dtype)


@contextmanager
def _without_warnings() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)

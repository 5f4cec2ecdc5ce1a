"""Our models as ComfyUI's own MODEL, CLIP and VAE, so that core samplers, LoRA loaders and decoders take them.

ComfyUI then places, casts, patches and offloads them as its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import comfy.conds
import comfy.latent_formats
import comfy.model_base
import comfy.model_management
import comfy.model_patcher
import comfy.sd
import comfy.supported_models_base
import torch
from torch import nn

from ..sora_core.diffusion.schedule import model_level
from ..sora_core.dit import DiTConfig, VideoDiT
from ..sora_core.patches import grid_shape, pad_to_patch, positions
from ..sora_core.shapes import Compression
from ..sora_core.text_encoder import TextEncoder
from ..sora_core.vae import VideoVAE
from .preview import fit_colours
from .statistics import LatentStatistics
from .tokens import SoraTokenizer, token_ids

LEVELS = "sora_noise_level"  # in transformer_options: one level per frame or patch, in place of the timestep
DEFAULT_SHIFT = 3.0  # of core samplers; Sora Sampler and ModelSamplingSD3 set their own


class SoraLatentFormat(comfy.latent_formats.LatentFormat):
    """Statistics and preview colours of one VAE."""

    latent_dimensions = 3

    def __init__(self, vae: VideoVAE) -> None:
        self.statistics = LatentStatistics.of(vae.config)
        self.latent_channels = vae.latent_channels
        self.spacial_downscale_ratio = vae.compression.width
        self.temporal_downscale_ratio = vae.compression.time
        self.colours = fit_colours(vae)  # [C+1 3] to 0..1; the host's own preview wants -1..1
        self.latent_rgb_factors = (2 * self.colours[:-1]).tolist()
        self.latent_rgb_factors_bias = (2 * self.colours[-1] - 1).tolist()

    def process_in(self, latent: torch.Tensor) -> torch.Tensor:
        """Raw -> normalised."""
        return self.statistics.normalise(latent)

    def process_out(self, latent: torch.Tensor) -> torch.Tensor:
        """Normalised -> raw."""
        return self.statistics.denormalise(latent)


class NativeDiT(VideoDiT):
    """VideoDiT with the signature that ComfyUI calls."""

    def __init__(self, config: DiTConfig, *, dtype: Any = None, device: Any = None, operations: Any = nn) -> None:
        super().__init__(config, device=device, dtype=dtype, operations=operations)

    def forward(  # type: ignore[override]
        self,
        x: torch.Tensor,
        timestep: torch.Tensor,
        context: torch.Tensor,
        control: Any = None,
        transformer_options: dict[str, Any] | None = None,
        **_: Any,
    ) -> torch.Tensor:
        """x [B C T H W], timestep [B], [B T] or [B N] in 0..1000, context [B L D] -> velocity [B C T H W]."""
        t, h, w = x.shape[2:]
        padded = pad_to_patch(x, self.config.patch_size)
        places = positions(grid_shape(padded, self.config.patch_size), device=x.device)
        levels = (transformer_options or {}).get(LEVELS)
        if levels is not None:  # [B T] or [B N]; x holds that batch once for each conditioning
            timestep = 1000 * levels.repeat(x.shape[0] // levels.shape[0], 1)
        velocity = self.velocity(padded, timestep, context.to(x.dtype), places)
        return velocity[:, :, :t, :h, :w]


class SoraModel(comfy.model_base.BaseModel):
    """Rectified flow on NativeDiT. A noise_mask is exact per patch: known patches get level 0."""

    def __init__(self, config: SoraModelConfig, device: Any = None) -> None:
        super().__init__(config, comfy.model_base.ModelType.FLOW, device=device, unet_model=NativeDiT)

    def extra_conds(self, **kwargs: Any) -> dict[str, Any]:
        """Text as it is (never repeated to a common length), and the mask for process_timestep."""
        conds = super().extra_conds(**kwargs)
        if kwargs.get("cross_attn") is not None:
            conds["c_crossattn"] = comfy.conds.CONDRegular(kwargs["cross_attn"])
        if kwargs.get("denoise_mask") is not None:
            conds["denoise_mask"] = comfy.conds.CONDRegular(kwargs["denoise_mask"])
        return conds

    def process_timestep(
        self, timestep: torch.Tensor, x: torch.Tensor, denoise_mask: torch.Tensor | None = None, **_: Any
    ) -> torch.Tensor:
        """[B] -> [B N] where a mask pins patches."""
        if denoise_mask is None:
            return timestep
        level = timestep.view(-1, 1, 1, 1, 1) * denoise_mask[:, :1]  # [B 1 T H W]
        return model_level(level, x, self.diffusion_model.config.patch_size)

    def scale_latent_inpaint(self, latent_image: torch.Tensor, **_: Any) -> torch.Tensor:
        """Known latents are shown as they are, since their level is 0."""
        return latent_image


class SoraModelConfig(comfy.supported_models_base.BASE):
    """What ComfyUI asks about the model before it builds it."""

    unet_extra_config: dict[str, Any] = {}  # noqa: RUF012  (the host's field)
    sampling_settings = {"shift": DEFAULT_SHIFT, "multiplier": 1000}  # noqa: RUF012
    supported_inference_dtypes = [torch.bfloat16, torch.float16, torch.float32]  # noqa: RUF012

    def __init__(self, config: DiTConfig, latent_format: SoraLatentFormat) -> None:
        super().__init__({"config": config})
        self.latent_format = latent_format
        self.memory_usage_factor = config.dim / 2222  # the host's figure for models of this family

    def get_model(self, state_dict: Any, prefix: str = "", device: Any = None) -> SoraModel:
        return SoraModel(self, device=device)


def native_model(dit: VideoDiT, latent_format: SoraLatentFormat, *, disable_dynamic: bool = False) -> Any:
    """A MODEL that takes over the weights of `dit`."""
    management = comfy.model_management
    config = SoraModelConfig(dit.config, latent_format)
    device, offload = management.get_torch_device(), management.unet_offload_device()
    count = sum(weight.numel() for weight in dit.parameters())
    supported = list(config.supported_inference_dtypes)
    dtype = management.unet_dtype(model_params=count, supported_dtypes=supported, weight_dtype=dit.dtype)
    config.set_inference_dtype(dtype, management.unet_manual_cast(dtype, device, supported))
    model = config.get_model(None, device=offload)
    weights = {name: weight.to(dtype) for name, weight in dit.state_dict().items()}
    model.diffusion_model.load_state_dict(weights, assign=True)
    model.diffusion_model.requires_grad_(False)
    patchers = comfy.model_patcher
    patcher_class = (
        patchers.ModelPatcher if disable_dynamic else getattr(patchers, "CoreModelPatcher", patchers.ModelPatcher)
    )
    return patcher_class(model, load_device=device, offload_device=offload)


class NativeTextEncoder(nn.Module):
    """Our text encoder with the methods that comfy.sd.CLIP calls."""

    disable_offload = True  # transformers' layers do not cast: load it whole

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.dtypes = {next(encoder.parameters()).dtype}
        self.execution_device: Any = None

    def set_clip_options(self, options: dict[str, Any]) -> None:
        """Only the device matters here; a T5 has no layer to stop at."""
        self.execution_device = options.get("execution_device", self.execution_device)

    def reset_clip_options(self) -> None:
        """Forget set_clip_options."""
        self.execution_device = None

    @torch.no_grad()
    def encode_token_weights(self, tokens: Any) -> tuple[torch.Tensor, None, dict[str, Any]]:
        """Tokens -> embeddings [B L D], no pooled output, no extras."""
        device = self.execution_device or next(self.encoder.parameters()).device
        embeddings = self.encoder(token_ids(tokens).to(device))
        return embeddings.float().to(comfy.model_management.intermediate_device()), None, {}

    def load_sd(self, state_dict: dict[str, torch.Tensor]) -> Any:
        """As comfy.sd.CLIP expects of a text encoder."""
        return self.encoder.load_state_dict(state_dict, strict=False)


def native_clip(encoder: TextEncoder) -> Any:
    """A CLIP that holds `encoder`."""
    target = comfy.supported_models_base.ClipTarget(
        lambda **_: SoraTokenizer(encoder), lambda **_: NativeTextEncoder(encoder)
    )
    return comfy.sd.CLIP(target)


class RawVAE(nn.Module):
    """A VideoVAE on raw latents, as every VAE in ComfyUI."""

    def __init__(self, vae: VideoVAE) -> None:
        super().__init__()
        self.vae = vae
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
    """A VAE that holds a VideoVAE, with a streamed decode."""

    def __init__(self, vae: VideoVAE) -> None:
        with _without_warnings():  # "no VAE weights detected": they come in the next lines
            super().__init__(sd={})
        self.first_stage_model = RawVAE(vae).eval()
        self._describe(vae.compression, vae.latent_channels)
        management = comfy.model_management
        self.device = management.vae_device()
        self.vae_dtype = management.vae_dtype(self.device, self.working_dtypes)
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


@contextmanager
def _without_warnings() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)

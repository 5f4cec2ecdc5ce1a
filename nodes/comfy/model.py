"""Our DiT and text encoder as ComfyUI's MODEL and CLIP, so that core samplers and LoRA loaders take them.

ComfyUI places, casts, patches and offloads them like its own.
"""

from __future__ import annotations

from typing import Any

import comfy.conds
import comfy.latent_formats
import comfy.model_base
import comfy.model_management
import comfy.model_patcher
import comfy.patcher_extension
import comfy.sd
import comfy.supported_models_base
import torch
from torch import nn

from ...sora_core.canvas.patches import grid_shape, pad_to_patch, positions
from ...sora_core.diffusion.schedule import model_level
from ...sora_core.models.trained_on import UNKNOWN, TrainedOn
from ...sora_core.models.wan.dit import DiTConfig, VideoDiT
from ...sora_core.models.wan.text_encoder import TextEncoder
from ...sora_core.models.wan.vae import VideoVAE
from ...sora_core.models.wan.vae.statistics import LatentStatistics
from ..host.timed_prompts import KEY as TIMED
from ..host.timed_prompts import TimedPrompts
from ..host.tokens import SoraTokenizer, token_ids
from ..host.values import Clip
from ..io.preview import LinearPreviewer, colours_of, fit_colours, previewer_of
from .attention import use_host_kernels
from .patcher import Patcher

FOREIGN = ("context_latents", "reference_latent")  # conditions of ComfyUI's Wan for which ours has no weights
DEFAULT_SHIFT = 3.0  # of nano


class SoraLatentFormat(comfy.latent_formats.LatentFormat):
    """The latent format of a VAE: its statistics and previewer."""

    latent_dimensions = 3

    def __init__(self, vae: VideoVAE) -> None:
        self.statistics = vae.statistics
        self.latent_channels = vae.latent_channels
        self.spacial_downscale_ratio = vae.compression.width
        self.temporal_downscale_ratio = vae.compression.time
        published = _published_colours(vae)
        colours = fit_colours(vae) if published is None else published
        self.previewer = previewer_of(vae, colours) if published is None else LinearPreviewer(published)
        self.latent_rgb_factors = (2 * colours[:-1]).tolist()  # for ComfyUI's own previewer, to -1..1
        self.latent_rgb_factors_bias = (2 * colours[-1] - 1).tolist()

    def process_in(self, latent: torch.Tensor) -> torch.Tensor:
        """Raw -> normalised."""
        return self.statistics.normalise(latent)

    def process_out(self, latent: torch.Tensor) -> torch.Tensor:
        """Normalised -> raw."""
        return self.statistics.denormalise(latent)


def _published_colours(vae: VideoVAE) -> torch.Tensor | None:
    """[C+1 3]: ComfyUI's map to RGB for the latents of a published VAE; None for others."""
    known = _published_format(vae.statistics)
    return None if known is None else colours_of(known.latent_rgb_factors, known.latent_rgb_factors_bias)


def format_of_statistics(statistics: LatentStatistics) -> str | None:
    """The name of the latent format in ComfyUI of a published VAE with these statistics; None for others."""
    known = _published_format(statistics)
    return None if known is None else type(known).__name__


def _published_format(statistics: LatentStatistics) -> Any:
    """A VAE of another width with these statistics has the same latents, since the DiT takes both."""
    own = torch.tensor([statistics.mean, statistics.std])  # [2 C]
    for known in (comfy.latent_formats.Wan21(), comfy.latent_formats.Wan22()):
        theirs = torch.stack([known.latents_mean.flatten(), known.latents_std.flatten()])
        if own.shape == theirs.shape and torch.allclose(own, theirs):
            return known
    return None


class NativeDiT(VideoDiT):
    """VideoDiT with the signature that ComfyUI calls."""

    def __init__(self, config: DiTConfig, *, dtype: Any = None, device: Any = None, operations: Any = nn) -> None:
        super().__init__(config, device=device, dtype=dtype, operations=operations)
        self.text_dim = config.text_dim  # as in ComfyUI's Wan
        self.host_attention = use_host_kernels(self)

    def forward(  # type: ignore[override]
        self,
        x: torch.Tensor,
        timestep: torch.Tensor,
        context: torch.Tensor,
        clip_fea: torch.Tensor | None = None,
        time_dim_concat: torch.Tensor | None = None,
        transformer_options: dict[str, Any] | None = None,
        **conditions: Any,
    ) -> torch.Tensor:
        """x [B C T H W] of all channels, timestep [B], [B T] or [B N] in 0..1000, context [B L D] -> velocity.

        clip_fea: [B M D'] of CLIP Vision. Wrappers around the transformer, such as EasyCache, work as on ComfyUI's.
        """
        options = transformer_options or {}
        extension = comfy.patcher_extension
        wrappers = extension.get_all_wrappers(extension.WrappersMP.DIFFUSION_MODEL, options)
        run = extension.WrapperExecutor.new_class_executor(self._forward, self, wrappers)
        return run.execute(x, timestep, context, clip_fea, time_dim_concat, options, **conditions)

    def _forward(
        self,
        x: torch.Tensor,
        timestep: torch.Tensor,
        context: torch.Tensor,
        clip_fea: torch.Tensor | None = None,
        time_dim_concat: torch.Tensor | None = None,
        transformer_options: Any = None,
        **conditions: Any,
    ) -> torch.Tensor:
        """As forward, with arguments in the order of ComfyUI's Wan, which wrappers rely on."""
        foreign = {"time_dim_concat": time_dim_concat, **{name: conditions.get(name) for name in FOREIGN}}
        if given := [name for name, value in foreign.items() if value is not None]:
            raise ValueError(f"got a conditioning with {', '.join(given)}, which this MODEL does not take")
        if clip_fea is None and self.config.image_dim:
            raise ValueError(
                "got no CLIP Vision output, which this image-to-video MODEL takes: connect CLIP Vision Encode to "
                "Wan Image To Video, and its positive and negative to the sampler"
            )
        t, h, w = x.shape[2:]
        padded = pad_to_patch(x, self.config.patch_size)
        places = positions(grid_shape(padded, self.config.patch_size), device=x.device)
        self.host_attention.options = transformer_options or {}
        try:
            prompts: TimedPrompts | None = conditions.get(TIMED)
            text = context.to(x.dtype) if prompts is None else prompts.text(len(x), x)
            velocity = self.velocity(padded, timestep, text, places, clip_fea)
        finally:
            self.host_attention.options = {}  # they may hold this MODEL, which would then never be freed
        return velocity[:, :, :t, :h, :w]

    def run_block(self, index: int, tokens: torch.Tensor, *inputs: Any) -> torch.Tensor:
        """As VideoDiT, or the replacement of a node, which takes and returns tokens [B N D] as in ComfyUI's Wan."""
        run, options = super().run_block, self.host_attention.options
        replaced = options.get("patches_replace", {}).get("dit", {}).get(("double_block", index))
        if replaced is None:
            return run(index, tokens, *inputs)
        shape, (modulation, context, rope) = tokens.shape, inputs

        def original_block(given: dict[str, Any]) -> dict[str, Any]:
            return {"img": run(index, given["img"].view(shape), *inputs).flatten(1, 2)}

        given = {"img": tokens.flatten(1, 2), "txt": context, "vec": modulation, "pe": rope}
        answer = replaced({**given, "transformer_options": options}, {"original_block": original_block})
        return answer["img"].view(shape)


class SoraModel(comfy.model_base.WAN21):
    """Rectified flow on NativeDiT. A noise_mask sets the timestep per token: 0 for known ones.

    The conditioning (text, known frames as channels, CLIP Vision) is inherited from ComfyUI's Wan.
    """

    def __init__(self, config: SoraModelConfig, device: Any = None) -> None:
        super(comfy.model_base.WAN21, self).__init__(  # skip a constructor that makes ComfyUI's transformer
            config, comfy.model_base.ModelType.FLOW, device=device, unet_model=NativeDiT
        )
        self.image_to_video = self.diffusion_model.config.image_to_video
        self.trained_on = config.trained_on

    def extra_conds(self, **kwargs: Any) -> dict[str, Any]:
        """As ComfyUI's Wan, the mask for process_timestep, and prompts of stretches."""
        conds = super().extra_conds(**kwargs)
        if kwargs.get("denoise_mask") is not None:
            conds["denoise_mask"] = comfy.conds.CONDRegular(kwargs["denoise_mask"])
        if kwargs.get(TIMED) is not None:
            conds[TIMED] = comfy.conds.CONDConstant(kwargs[TIMED])
        return conds

    def process_timestep(
        self, timestep: torch.Tensor, x: torch.Tensor, denoise_mask: torch.Tensor | None = None, **_: Any
    ) -> torch.Tensor:
        """[B] -> [B N] where there is a mask and the model takes a timestep per token."""
        patch = self.diffusion_model.config.timestep_patch
        if denoise_mask is None or patch is None:
            return timestep
        level = timestep.view(-1, 1, 1, 1, 1) * denoise_mask[:, :1]  # [B 1 T H W]
        return model_level(level, x, patch)

    def scale_latent_inpaint(self, latent_image: torch.Tensor, **others: Any) -> torch.Tensor:
        """Known latents without noise for a timestep per token, else noised to the sigma of the rest."""
        if self.diffusion_model.config.per_token_timesteps:
            return latent_image
        return super().scale_latent_inpaint(latent_image=latent_image, **others)


class SoraModelConfig(comfy.supported_models_base.BASE):
    """The config that ComfyUI builds the model from."""

    unet_extra_config: dict[str, Any] = {}  # noqa: RUF012  (ComfyUI's field)
    supported_inference_dtypes = [torch.bfloat16, torch.float16, torch.float32]  # noqa: RUF012

    def __init__(self, config: DiTConfig, latent_format: SoraLatentFormat, shift: float, trained_on: TrainedOn) -> None:
        super().__init__({"config": config})
        self.sampling_settings = {"shift": shift, "multiplier": 1000}
        self.latent_format = latent_format
        self.trained_on = trained_on
        self.memory_usage_factor = config.dim / 2222  # as ComfyUI's for Wan

    def get_model(self, state_dict: Any, prefix: str = "", device: Any = None) -> SoraModel:
        return SoraModel(self, device=device)


def native_model(
    dit: VideoDiT,
    latent_format: SoraLatentFormat,
    *,
    shift: float = DEFAULT_SHIFT,
    trained_on: TrainedOn = UNKNOWN,
    disable_dynamic: bool = False,
) -> Patcher:
    """A MODEL that takes over the weights of `dit`. shift: of its noise schedule, for core samplers."""
    management = comfy.model_management
    config = SoraModelConfig(dit.config, latent_format, shift, trained_on)
    device, offload = management.get_torch_device(), management.unet_offload_device()
    count = sum(weight.numel() for weight in dit.parameters())
    supported = list(config.supported_inference_dtypes)
    dtype = management.unet_dtype(model_params=count, supported_dtypes=supported, weight_dtype=dit.dtype)
    config.set_inference_dtype(dtype, management.unet_manual_cast(dtype, device, supported))
    model = config.get_model(None, device="meta")  # avoids a second copy of the weights, and initialising float8
    weights = {name: weight.to(offload, dtype) for name, weight in dit.state_dict().items()}
    model.diffusion_model.load_state_dict(weights, assign=True)
    model.device = offload
    model.diffusion_model.requires_grad_(False)
    patchers = comfy.model_patcher
    patcher_class = patchers.ModelPatcher if disable_dynamic else patchers.CoreModelPatcher
    return patcher_class(model, load_device=device, offload_device=offload)


class NativeTextEncoder(nn.Module):
    """Our text encoder with the methods that comfy.sd.CLIP calls."""

    disable_offload = True  # its layers cannot stream weights

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        for module in encoder.modules():
            lend_weights(module)
        self.dtypes = {next(encoder.parameters()).dtype}
        self.execution_device: Any = None

    def set_clip_options(self, options: dict[str, Any]) -> None:
        """Take the device from the options; a T5 ignores the others."""
        self.execution_device = options.get("execution_device", self.execution_device)

    def reset_clip_options(self) -> None:
        """Undo set_clip_options."""
        self.execution_device = None

    @torch.no_grad()
    def encode_token_weights(self, tokens: Any) -> tuple[torch.Tensor, None, dict[str, Any]]:
        """Tokens -> embeddings [B L D], no pooled output, no extras."""
        device = self.execution_device or next(self.encoder.parameters()).device
        embeddings = self.encoder(token_ids(tokens).to(device))
        return embeddings.float().to(comfy.model_management.intermediate_device()), None, {}

    def load_sd(self, state_dict: dict[str, torch.Tensor]) -> Any:
        """Load weights; called by comfy.sd.CLIP."""
        return self.encoder.load_state_dict(state_dict, strict=False)


def lend_weights(module: nn.Module) -> None:
    """Make a module move its weights to the device of its input during a call.

    ComfyUI may leave weights that do not fit on another device. Its own layers handle that, plain ones do not.
    """
    home: dict[str, nn.Parameter] = {}

    def lend(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        device = next(value.device for value in (*given, *named.values()) if isinstance(value, torch.Tensor))
        home.update(
            {name: weight for name, weight in module.named_parameters(recurse=False) if weight.device != device}
        )
        for name, weight in home.items():
            setattr(module, name, nn.Parameter(weight.to(device), requires_grad=False))

    def take_back(*_: Any) -> None:
        while home:
            setattr(module, *home.popitem())

    if next(module.parameters(recurse=False), None) is not None:
        module.register_forward_pre_hook(lend, with_kwargs=True)
        module.register_forward_hook(take_back, always_call=True)


def native_clip(encoder: TextEncoder, trained_on: TrainedOn = UNKNOWN) -> Clip:
    """A CLIP that holds `encoder`. trained_on: what the model saw in training."""
    target = comfy.supported_models_base.ClipTarget(
        lambda **_: SoraTokenizer(encoder, trained_on), lambda **_: NativeTextEncoder(encoder)
    )
    return comfy.sd.CLIP(target)

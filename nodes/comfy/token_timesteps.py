"""Passes a timestep per token to MODELs that take one: ours, and ComfyUI's Wan 2.2 TI2V and LTX-Video.

ComfyUI has no argument for it. It has wrappers around a model's forward (comfy.patcher_extension) in the options of a
call; one of these replaces the single timestep that ComfyUI computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import comfy.model_base
import comfy.model_patcher
import comfy.patcher_extension
import torch

from ...sora_core.canvas.shapes import ONE_LATENT, PatchSize
from ...sora_core.diffusion.schedule import level_per_place
from .model import SoraModel

KEY = "sora"


class TokenTimesteps(Protocol):
    """How to pass noise levels per token to a MODEL. patch: latents per token along t, h and w."""

    @property
    def patch(self) -> PatchSize:
        """Latents per token along t, h and w."""

    def show(self, model_options: dict[str, Any], levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """Options for a call with latents [B C T H W] at noise levels [B T] or [B N]; its sigma is their maximum."""


@dataclass(frozen=True)
class AsTimesteps:
    """For transformers like Wan's that take timesteps [B T] or [B N]: ours, and ComfyUI's Wan 2.2 TI2V.

    ComfyUI passes the mean of a noise_mask over each frame to Wan 2.2, which is wrong for a frame that is known only
    in part.
    """

    patch: PatchSize
    sampling: Any  # ComfyUI's model_sampling, which gives the timestep of a sigma

    def show(self, model_options: dict[str, Any], levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """See TokenTimesteps."""

        def forward(executor: Any, x: torch.Tensor, _: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
            timestep = self.sampling.timestep(levels).float()
            return executor(x, timestep.repeat(_times(x, levels), 1), *rest, **named)

        return _wrapped(model_options, comfy.patcher_extension.WrappersMP.DIFFUSION_MODEL, forward)


@dataclass(frozen=True)
class AsDenoiseMask:
    """For LTX-Video, which multiplies its timestep by a denoise_mask per token."""

    patch: PatchSize

    def show(self, model_options: dict[str, Any], levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """See TokenTimesteps."""
        places = level_per_place(levels, latents, self.patch)  # [B 1 T H W]
        share = places / places.amax(dim=(1, 2, 3, 4), keepdim=True).clamp(min=torch.finfo(places.dtype).tiny)

        def apply(executor: Any, x: torch.Tensor, timestep: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
            named["denoise_mask"] = share.repeat(_times(x, share), 1, 1, 1, 1)
            return executor(x, timestep, *rest, **named)

        return _wrapped(model_options, comfy.patcher_extension.WrappersMP.APPLY_MODEL, apply)


def token_timesteps(model: comfy.model_base.BaseModel) -> TokenTimesteps | None:
    """How to pass timesteps per token to a model; None for one that takes a single timestep for the clip."""
    if isinstance(model, SoraModel):
        patch = model.diffusion_model.config.timestep_patch
        return None if patch is None else AsTimesteps(patch, model.model_sampling)
    if (
        isinstance(model, comfy.model_base.WAN22) and model.diffusion_model.ref_conv is None
    ):  # else with further patches
        return AsTimesteps(tuple(model.diffusion_model.patch_size), model.model_sampling)
    if isinstance(model, comfy.model_base.LTXV):
        return AsDenoiseMask(ONE_LATENT)
    return None


def _times(x: torch.Tensor, levels: torch.Tensor) -> int:
    """How often x repeats the batch: once for each conditioning."""
    return x.shape[0] // levels.shape[0]


def _wrapped(model_options: dict[str, Any], place: str, wrapper: Callable[..., torch.Tensor]) -> dict[str, Any]:
    """A copy of the options with one more wrapper, the innermost of its type."""
    options = comfy.model_patcher.create_model_options_clone(model_options)
    comfy.patcher_extension.add_wrapper_with_key(place, KEY, wrapper, options, is_model_options=True)
    return options

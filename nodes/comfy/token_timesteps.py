"""Passes a timestep per token to MODELs that take one: ours, and ComfyUI's Wan 2.2 TI2V, LTX-Video and LTX-2.

ComfyUI has no argument for it, so the noise levels travel among the conditionings of a call. It repeats these for a
batch, and Context Windows and areas cut them as they cut the latents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import comfy.conds
import comfy.model_base
import comfy.model_patcher
import comfy.patcher_extension
import torch
from comfy.patcher_extension import WrappersMP

from ...sora_core.canvas.joint_canvas import Packing
from ...sora_core.canvas.shapes import ONE_LATENT, PatchSize
from ...sora_core.diffusion.schedule import collapse, level_per_place, model_level
from .model import SoraModel

KEY = "sora"
LEVELS = "sora_levels"  # key of the levels among the conditionings
LTX = tuple(getattr(comfy.model_base, name) for name in ("LTXV", "LTXAV") if hasattr(comfy.model_base, name))


class TokenTimesteps(Protocol):
    """How to pass noise levels per token to a MODEL. patch: latents per token along t, h and w."""

    @property
    def patch(self) -> PatchSize:
        """Latents per token along t, h and w."""

    def conditions(self, levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """Conditions for a call with latents [B C T H W] at noise levels [B T] or [B N]; its sigma is their maximum."""

    def options(self, model_options: dict[str, Any]) -> dict[str, Any]:
        """Options of a MODEL for which such conditions are read."""


@dataclass(frozen=True)
class AsTimesteps:
    """For transformers like Wan's that take timesteps [B T] or [B N]: ours, and ComfyUI's Wan 2.2 TI2V.

    ComfyUI passes the mean of a noise_mask over each frame to Wan 2.2, which is wrong for a frame that is known only
    in part. So a wrapper around the transformer's forward replaces the timestep that ComfyUI computed.
    """

    patch: PatchSize
    sampling: Any  # ComfyUI's model_sampling, which gives the timestep of a sigma

    def conditions(self, levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """See TokenTimesteps."""
        return {LEVELS: comfy.conds.CONDNoiseShape(level_per_place(levels, latents, self.patch))}

    def options(self, model_options: dict[str, Any]) -> dict[str, Any]:
        """See TokenTimesteps."""

        def apply(executor: Any, x: torch.Tensor, sigma: torch.Tensor, *inputs: Any, **named: Any) -> torch.Tensor:
            levels = named.pop(LEVELS, None)  # [B 1 T H W], before ComfyUI casts conditions to half precision
            if levels is not None:
                options = self._at(model_level(collapse(levels), x, self.patch), inputs[-1])
                inputs = (*inputs[:-1], options)
            return executor(x, sigma, *inputs, **named)

        return _wrapped(model_options, WrappersMP.APPLY_MODEL, apply)

    def _at(self, levels: torch.Tensor, transformer_options: dict[str, Any]) -> dict[str, Any]:
        """The options of one call, in which the transformer gets the timesteps of these levels [B], [B T] or [B N]."""

        def forward(executor: Any, x: torch.Tensor, _: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
            return executor(x, self.sampling.timestep(levels).float(), *rest, **named)

        options = {"transformer_options": transformer_options}
        return _wrapped(options, WrappersMP.DIFFUSION_MODEL, forward)["transformer_options"]


@dataclass(frozen=True)
class AsDenoiseMask:
    """For LTX-Video and LTX-2, which multiply their timestep by a denoise_mask per token.

    A level below 0 stays as it is: a token that the transformer leaves out.
    """

    patch: PatchSize

    def conditions(self, levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """See TokenTimesteps."""
        places = level_per_place(levels, latents, self.patch)  # [B 1 T H W]
        share = places / places.amax(dim=(1, 2, 3, 4), keepdim=True).clamp(min=torch.finfo(places.dtype).tiny)
        return {"denoise_mask": comfy.conds.CONDRegular(share)}

    def options(self, model_options: dict[str, Any]) -> dict[str, Any]:
        """See TokenTimesteps: these classes read it by themselves."""
        return model_options


@dataclass(frozen=True)
class AsDenoiseMasks:
    """AsDenoiseMask for frames and sound in a row [B 1 1 1 N], as LTX-2 takes both. packing: of the row."""

    packing: Packing
    patch: PatchSize = ONE_LATENT

    def conditions(self, levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """See TokenTimesteps; levels [B 1] or [B N]."""
        (share,) = (cond.cond for cond in AsDenoiseMask(self.patch).conditions(levels, latents).values())
        masks = [stream[:, :1] for stream in self.packing.unpack(share)]
        names = ("denoise_mask", "audio_denoise_mask")
        return {name: comfy.conds.CONDRegular(mask) for name, mask in zip(names, masks, strict=True)}

    def options(self, model_options: dict[str, Any]) -> dict[str, Any]:
        """See TokenTimesteps: LTX-2 reads both by itself."""
        return model_options


def token_timesteps(model: comfy.model_base.BaseModel, packing: Packing | None = None) -> TokenTimesteps | None:
    """How to pass timesteps per token to a model; None for one that takes a single timestep for the clip.

    packing: of frames and sound in a row.
    """
    if isinstance(model, SoraModel):
        patch = model.diffusion_model.config.timestep_patch
        return None if patch is None else AsTimesteps(patch, model.model_sampling)
    if (
        isinstance(model, comfy.model_base.WAN22) and model.diffusion_model.ref_conv is None
    ):  # else with further patches
        return AsTimesteps(tuple(model.diffusion_model.patch_size), model.model_sampling)
    if isinstance(model, LTX):
        return AsDenoiseMask(ONE_LATENT) if packing is None else AsDenoiseMasks(packing)
    return None


def _wrapped(model_options: dict[str, Any], place: str, wrapper: Any) -> dict[str, Any]:
    """A copy of the options with one more wrapper, the innermost of its type."""
    options = comfy.model_patcher.create_model_options_clone(model_options)
    comfy.patcher_extension.add_wrapper_with_key(place, KEY, wrapper, options, is_model_options=True)
    return options

"""How a MODEL is shown a noise level for each patch, where it takes one: ours that learnt it, two families of the host.

The host has no such argument. It has wrappers around a model's forward (comfy.patcher_extension), which travel with the
options of a call; one here puts our levels in the place of the one timestep that the host computed.
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


class LevelsPerPatch(Protocol):
    """A way to show levels to a MODEL. patch: latent places that share one, along t, h and w."""

    @property
    def patch(self) -> PatchSize:
        """See there."""

    def show(self, model_options: dict[str, Any], levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """Options for a call with latents [B C T H W] at levels [B T] or [B N], whose sigma is the highest of them."""


@dataclass(frozen=True)
class AsTimesteps:
    """For transformers in the layout of Wan that take timesteps [B T] or [B N]: ours, and the host's Wan 2.2 TI2V.

    The host's own way to Wan 2.2, a noise_mask, tells it the mean over each frame: in one that is known in part the
    level of none of its patches.
    """

    patch: PatchSize
    sampling: Any  # the host's model_sampling, which knows the timestep of a level

    def show(self, model_options: dict[str, Any], levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """See LevelsPerPatch."""

        def forward(executor: Any, x: torch.Tensor, _: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
            timestep = self.sampling.timestep(levels).float()
            return executor(x, timestep.repeat(_times(x, levels), 1), *rest, **named)

        return _wrapped(model_options, comfy.patcher_extension.WrappersMP.DIFFUSION_MODEL, forward)


@dataclass(frozen=True)
class AsDenoiseMask:
    """For a family that multiplies its timestep by the host's denoise_mask, patch by patch: LTX-Video."""

    patch: PatchSize

    def show(self, model_options: dict[str, Any], levels: torch.Tensor, latents: torch.Tensor) -> dict[str, Any]:
        """See LevelsPerPatch."""
        places = level_per_place(levels, latents, self.patch)  # [B 1 T H W]
        share = places / places.amax(dim=(1, 2, 3, 4), keepdim=True).clamp(min=torch.finfo(places.dtype).tiny)

        def apply(executor: Any, x: torch.Tensor, timestep: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
            named["denoise_mask"] = share.repeat(_times(x, share), 1, 1, 1, 1)
            return executor(x, timestep, *rest, **named)

        return _wrapped(model_options, comfy.patcher_extension.WrappersMP.APPLY_MODEL, apply)


def levels_of(model: comfy.model_base.BaseModel) -> LevelsPerPatch | None:
    """How a model takes a level per patch; None for one that takes a single level for the clip."""
    if isinstance(model, SoraModel):
        patch = model.diffusion_model.config.level_patch
        return None if patch is None else AsTimesteps(patch, model.model_sampling)
    if (
        isinstance(model, comfy.model_base.WAN22) and model.diffusion_model.ref_conv is None
    ):  # else with further patches
        return AsTimesteps(tuple(model.diffusion_model.patch_size), model.model_sampling)
    if isinstance(model, comfy.model_base.LTXV):
        return AsDenoiseMask(ONE_LATENT)
    return None


def _times(x: torch.Tensor, levels: torch.Tensor) -> int:
    """How often the host has put the batch into x, once for each conditioning."""
    return x.shape[0] // levels.shape[0]


def _wrapped(model_options: dict[str, Any], place: str, wrapper: Callable[..., torch.Tensor]) -> dict[str, Any]:
    """A copy of the options with one more wrapper, the innermost at its place."""
    options = comfy.model_patcher.create_model_options_clone(model_options)
    comfy.patcher_extension.add_wrapper_with_key(place, KEY, wrapper, options, is_model_options=True)
    return options

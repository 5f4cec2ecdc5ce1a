"""Blends what is sampled with the canvas in every step: what ComfyUI's samplers make of a noise_mask between 0 and 1.

A canvas reads such a value as the noise level to start from (SDEdit). A strength of core's nodes for images and guides
is a share instead: in every step the model sees, and the estimate keeps, that share of the canvas.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import PatchSize
from .flow import clean_from_velocity
from .guidance import Guider, Show
from .sampler import NoiseStream
from .schedule import level_per_place, model_level


@dataclass(frozen=True)
class BlendGuider:
    """A guider around another: blends places in which `share` is below 1.

    share: [B 1 T H W], the share of what is sampled; the rest is the canvas. 1 is a place that is sampled freely or
        known; one below 0 the model is to leave out, if it can: it gets this number as the level.
    canvas, noises: those of the sampler; places that are blended have noise_level 1.
    patch: of a model that takes a timestep per token: it gets `share` of the level, and the canvas clean. None for a
        model of one timestep, which takes the canvas as `show` says.
    """

    guider: Guider
    canvas: LatentCanvas
    noises: NoiseStream
    share: torch.Tensor
    patch: PatchSize | None
    show: Show

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider; noise_level [B], or [B T] or [B N] where the model takes a timestep per token."""
        share, clean = self.share.to(latents), self.canvas.clean.to(latents)
        level = self._per_place(latents, noise_level)  # [B 1 T H W] or [B 1 1 1 1]
        if self.patch is None:
            told, source = noise_level, self.show(clean, self.noises.current.to(latents), noise_level, latents)
        else:
            told = model_level(torch.where(share < 0, share, share * level), latents, self.patch)
            source = clean
        shown = torch.where(share == 1, latents, share * latents + (1 - share) * source)
        velocity = self.guider(shown, told)
        estimate = share * clean_from_velocity(shown, velocity, level) + (1 - share) * clean
        least = torch.finfo(level.dtype).tiny
        return torch.where(share == 1, velocity, (latents - estimate) / level.clamp(min=least))

    def _per_place(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        if noise_level.ndim == 1:
            return noise_level.view(-1, 1, 1, 1, 1)
        assert self.patch is not None
        return level_per_place(noise_level, latents, self.patch)


def check_share(share: torch.Tensor, noise_level: torch.Tensor) -> None:
    """ValueError unless share fits noise_level [B 1 T H W] and blends only places that are sampled from noise."""
    if share.shape != noise_level.shape:
        raise ValueError(f"share must be {tuple(noise_level.shape)} like noise_level, got {tuple(share.shape)}")
    if bool(((share > 0) & (share < 1) & (noise_level < 1)).any()) or bool((share > 1).any()):
        raise ValueError("share must be at most 1, and 1 where noise_level is below 1, so that one of them is read")

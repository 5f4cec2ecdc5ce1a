"""Keeps known places while the others are sampled, with a model that takes one timestep for the whole clip.

A model with a timestep per token needs nothing: its known tokens have level 0. Any other model gets the known places
noised to the level of the rest (RePaint, https://arxiv.org/abs/2201.09865; its resampling is in resampling.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import ONE_LATENT, PatchSize
from .flow import add_noise
from .guidance import Guider
from .history import NO_HISTORY_GUIDANCE, HistoryGuidance
from .sampler import NoiseStream
from .schedule import level_per_place


def keep_known(
    guider: Guider,
    canvas: LatentCanvas,
    noises: NoiseStream,
    patch: PatchSize | None,
    history: HistoryGuidance = NO_HISTORY_GUIDANCE,
) -> tuple[Guider, PatchSize]:
    """Guider and patch for `sample`, so that known places are kept in the way that the model allows.

    noises: the stream of the sampler. patch: of a model that takes a timestep per token; None for one that takes a
    single timestep, which never sees known places without noise: there `history` has no effect.
    """
    if patch is None:
        return FreshReplacementGuider(guider, canvas, noises), ONE_LATENT
    return history.around(guider, canvas, patch), patch


@dataclass(frozen=True)
class ReplacementGuider:
    """A guider around one that takes levels [B]: replaces places below the highest level by their noised clean latents.

    canvas, noise: those of the sampler. patch: as given to the sampler, to which the levels belong.
    """

    guider: Guider
    canvas: LatentCanvas
    noise: torch.Tensor
    patch: PatchSize = ONE_LATENT

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider; noise_level [B], [B T] or [B N]."""
        if noise_level.ndim == 1:
            return self.guider(latents, noise_level)
        level = level_per_place(noise_level, latents, self.patch)  # [B 1 T H W]
        common = noise_level.amax(dim=1)  # [B]
        highest = common.view(-1, 1, 1, 1, 1)
        renoised = add_noise(self.canvas.clean.to(latents), self.noise.to(latents), highest)
        return self.guider(torch.where(level < highest, renoised, latents), common)


@dataclass(frozen=True)
class FreshReplacementGuider:
    """A ReplacementGuider that shows known places under the noise that the sampler drew last.

    The sampler draws noise where the schedule rises, and a stochastic solver draws it in each step. Known places then
    get the same fresh noise as the sampled ones; RePaint does so in every step. Under one noise for all steps the
    sampled places would come to agree with that noise, not with the latents under it. An ODE solver on a schedule that
    only falls draws none: known places keep the first noise, as the sampled ones do.
    noises: the stream that the sampler draws from; the rest as in ReplacementGuider.
    """

    guider: Guider
    canvas: LatentCanvas
    noises: NoiseStream
    patch: PatchSize = ONE_LATENT

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider; noise_level [B], [B T] or [B N]."""
        return ReplacementGuider(self.guider, self.canvas, self.noises.current, self.patch)(latents, noise_level)

"""Keeps known places while the others are sampled, with a model that takes one timestep for the whole clip.

A model with a timestep per token needs nothing: its known tokens have level 0. Any other model gets the known places
noised to the level of the rest (RePaint, https://arxiv.org/abs/2201.09865; its resampling is in resampling.py), or in
the way that it was trained for, where the guider knows one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import ONE_LATENT, PatchSize
from .blending import BlendGuider
from .flow import add_noise
from .guidance import Guider, Show
from .history import NO_HISTORY_GUIDANCE, HistoryGuidance
from .sampler import NoiseStream
from .schedule import level_per_place


@runtime_checkable
class WindowGuider(Guider, Protocol):
    """A guider that is made ready for each window of a canvas, and knows how its model takes known places."""

    def for_window(self, canvas: LatentCanvas, schedule: torch.Tensor, noises: NoiseStream, span: range) -> Guider:
        """The guider of one window, or of the whole canvas. Called before the first step of each.

        span: the latent frames of the whole canvas that the window has.
        """
        ...

    def show(self, clean: torch.Tensor, noise: torch.Tensor, level: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
        """See Show. Called for a model of one timestep only."""
        ...


def keep_known(
    guider: Guider,
    canvas: LatentCanvas,
    noises: NoiseStream,
    patch: PatchSize | None,
    history: HistoryGuidance = NO_HISTORY_GUIDANCE,
    *,
    show: Show | None = None,
    share: torch.Tensor | None = None,
) -> tuple[Guider, PatchSize]:
    """Guider and patch for `sample`, so that known places are kept in the way that the model allows.

    noises: the stream of the sampler. patch: of a model that takes a timestep per token; None for one that takes a
    single timestep, where `history` has no effect. show: how a model of one timestep takes known places; None is
    `as_noisy`. share: of what is sampled, at places that are blended (see BlendGuider); None blends nothing.
    """
    shown = show or as_noisy
    if share is not None:
        guider = BlendGuider(guider, canvas, noises, share, patch, shown)
    if patch is None:
        return FreshReplacementGuider(guider, canvas, noises, show=shown), ONE_LATENT
    return history.around(guider, canvas, patch), patch


def as_noisy(clean: torch.Tensor, noise: torch.Tensor, level: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    """See Show: known latents as noisy as the rest."""
    return add_noise(clean, noise, level.view(-1, 1, 1, 1, 1))


@dataclass(frozen=True)
class ReplacementGuider:
    """A guider around one that takes levels [B]: replaces places below the highest level by their clean latents.

    canvas, noise: those of the sampler. patch: as given to the sampler, to which the levels belong. show: how the model
    takes known places; those that wait for their own noise level are as noisy as the rest.
    """

    guider: Guider
    canvas: LatentCanvas
    noise: torch.Tensor
    patch: PatchSize = ONE_LATENT
    show: Show = as_noisy

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider; noise_level [B], [B T] or [B N]."""
        if noise_level.ndim == 1:
            return self.guider(latents, noise_level)
        level = level_per_place(noise_level, latents, self.patch)  # [B 1 T H W]
        common = noise_level.amax(dim=1)  # [B]
        lower = level < common.view(-1, 1, 1, 1, 1)
        clean, noise = self.canvas.clean.to(latents), self.noise.to(latents)
        replaced = torch.where(lower, as_noisy(clean, noise, common, latents), latents)
        if self.show is not as_noisy:
            known = lower & (self.canvas.noise_level.to(latents) == 0)
            replaced = torch.where(known, self.show(clean, noise, common, replaced), replaced)
        return self.guider(replaced, common)


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
    show: Show = as_noisy

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider; noise_level [B], [B T] or [B N]."""
        replacing = ReplacementGuider(self.guider, self.canvas, self.noises.current, self.patch, self.show)
        return replacing(latents, noise_level)

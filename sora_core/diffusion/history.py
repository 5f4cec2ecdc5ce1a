"""History guidance: guides away from a prediction in which the known frames are as noisy as the rest.

Source: https://arxiv.org/abs/2502.06764. It works at high noise levels only, where layout, sizes and motion are
decided, as https://arxiv.org/abs/2404.07724 limits guidance by text; so it costs few extra model calls.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import PatchSize
from .flow import add_noise
from .guidance import Guider, check_scale
from .sampler import MAX_SEED, initial_noise
from .schedule import collapse, fill_patches, level_per_place, model_level


@dataclass(frozen=True)
class HistoryGuidance:
    """Scale of history guidance. scale: 1 is the plain model. above: the noise level, in 0..1, down to which it works.

    Each step in which it works takes two model calls. Raises ValueError for values out of range.
    """

    scale: float = 1.5
    above: float = 0.9

    def __post_init__(self) -> None:
        check_scale(self.scale, "guidance by history")
        if not 0 <= self.above <= 1:
            raise ValueError(f"guidance by history works above a noise level in 0..1, got {self.above}")

    def around(self, guider: Guider, canvas: LatentCanvas, patch: PatchSize) -> Guider:
        """Add history guidance to a guider; returns it unchanged where the scale is 1 or nothing is known."""
        followed = self.scale != 1 and bool((canvas.noise_level == 0).any())
        return HistoryGuider(guider, canvas, patch, self) if followed else guider


NO_HISTORY_GUIDANCE = HistoryGuidance(scale=1.0)


class HistoryGuider:
    """A guider around one that takes a timestep per token: away + scale * (towards - away).

    For `away`, known patches are noised to the highest level of their clip. All steps, clips and canvases share one
    noise, of a seed that nobody takes, so that no other noise depends on whether it was drawn.
    canvas: the one that is sampled. patch: as given to the sampler. Each step synchronises with the device once, to
    see whether it lies above the level.
    """

    def __init__(self, guider: Guider, canvas: LatentCanvas, patch: PatchSize, guidance: HistoryGuidance) -> None:
        self.guider, self.canvas, self.patch, self.guidance = guider, canvas, patch, guidance
        self.known = fill_patches(canvas.noise_level, patch) == 0  # [B 1 T H W]
        self.noise = initial_noise((1, *canvas.clean.shape[1:]), MAX_SEED).to(canvas.clean.device)

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider; noise_level [B], [B T] or [B N]."""
        towards = self.guider(latents, noise_level)
        if noise_level.ndim == 1 or bool(noise_level.amax() < self.guidance.above):
            return towards
        level = level_per_place(noise_level, latents, self.patch)  # [B 1 T H W]
        highest = level.amax(dim=(1, 2, 3, 4), keepdim=True)
        known = self.known & (level < highest)
        hidden = add_noise(self.canvas.clean.to(latents), self.noise.to(latents), highest)
        raised = collapse(torch.where(known, highest, level))
        away = self.guider(torch.where(known, hidden, latents), model_level(raised, latents, self.patch))
        guided = away + self.guidance.scale * (towards - away)
        return torch.where(level >= self.guidance.above, guided, towards)

"""Streams of a sampling job: its frames, and the sound that some models sample together with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from ...sora_core.diffusion.sampler import NoiseSource


@dataclass(frozen=True)
class Stream:
    """Latents [B C ...] as the VAE gives them; noise_level: [B 1 ...], 1 = invent.

    share: [B 1 ...] of what is sampled, at places that are blended with the latents in every step; None for none.
    """

    latents: torch.Tensor
    noise_level: torch.Tensor
    share: torch.Tensor | None = None

    def blended(self, share: torch.Tensor | None) -> Stream:
        """The stream with places that are blended (see adapters.latent_share)."""
        if share is None:
            return self
        return replace(self, noise_level=(self.noise_level > 0).float(), share=share)

    def started_at_shares(self) -> Stream:
        """The stream whose shares are noise levels, as windows take them."""
        if self.share is None:
            return self
        return replace(self, noise_level=self.noise_level * self.share.clamp(0, 1), share=None)

    def host_levels(self) -> torch.Tensor | None:
        """[B 1 ...] as ComfyUI's models read them: 0 known, 1 sampled, between blended; None if all is sampled."""
        sampled = (self.noise_level > 0).float()
        if self.share is not None:
            return torch.where(self.share < 0, self.share, sampled * self.share)
        return None if bool(sampled.all()) else sampled

    def noise(self, source: NoiseSource, places: Sequence[int] | None) -> torch.Tensor:
        """Initial noise [B C ...], the same in every host; with `places`, each clip gets that of its place."""
        if places is None:
            return source.draw(self.latents.shape)
        drawn = {}
        for place in range(max(places) + 1):
            noise = source.draw((1, *self.latents.shape[1:]))
            if place in places:
                drawn[place] = noise
        return torch.cat([drawn[place] for place in places])

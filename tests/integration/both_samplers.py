"""Sora Sampler beside the host's CFGGuider and SamplerCustomAdvanced: same MODEL, texts, noise levels and seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from in_process import Comfy, largest

STEPS, GUIDANCE, SHIFT, SEED = 3, 2.5, 3.0, 7
Texts = tuple[list[Any], list[Any]]  # positive and negative


@dataclass(frozen=True)
class GivenNoise:
    """A NOISE of the host that is given as it is."""

    noise: torch.Tensor
    seed: int = SEED

    def generate_noise(self, latent: dict[str, Any]) -> torch.Tensor:
        """As comfy's RandomNoise."""
        return self.noise if self.noise.is_nested else self.noise.clone()


@dataclass(frozen=True)
class Samplers:
    """Both, in one process. options: of Sora Sampler."""

    comfy: Comfy
    steps: int = STEPS
    options: dict[str, Any] = field(default_factory=dict)

    def ours(self, model: Any, latent: dict[str, Any], texts: Texts, **options: Any) -> torch.Tensor:
        """Sora Sampler's result."""
        positive, negative = texts
        settings = {"seed": SEED, "steps": self.steps, "guidance": GUIDANCE, "shift": SHIFT, **options}
        (made,) = self.comfy.run(
            "SoraSampler", model=model, positive=positive, negative=negative, latent=dict(latent), **settings
        )
        return made["samples"]

    def core(
        self, model: Any, latent: dict[str, Any], texts: Texts, noise: torch.Tensor | None = None, solver: str = "euler"
    ) -> torch.Tensor:
        """The host's result at our noise levels, from the seed's noise or a given one."""
        run, (positive, negative) = self.comfy.run, texts
        levels = self.comfy.part("sora_core.diffusion.schedule").shifted_sigmas(self.steps, SHIFT)
        (guider,) = run("CFGGuider", model=model, positive=positive, negative=negative, cfg=GUIDANCE)
        made, _ = run(
            "SamplerCustomAdvanced",
            noise=run("RandomNoise", noise_seed=SEED)[0] if noise is None else GivenNoise(noise),
            guider=guider,
            sampler=run("KSamplerSelect", sampler_name=solver)[0],
            sigmas=run("ManualSigmas", sigmas=", ".join(f"{level:.12f}" for level in levels.tolist()))[0],
            latent_image=dict(latent),
        )
        return made["samples"]

    def apart(self, model: Any, latent: dict[str, Any], texts: Texts, solver: str = "euler") -> float:
        """Largest difference of the two."""
        return off(self.ours(model, latent, texts, solver=solver), self.core(model, latent, texts, solver=solver))

    def refused(self, model: Any, latent: dict[str, Any], texts: Texts) -> str:
        """What Sora Sampler says that does not sample this."""
        try:
            self.ours(model, latent, texts)
        except ValueError as error:
            return str(error)
        raise AssertionError("Sora Sampler took what it should have refused")


def off(made: Any, expected: Any) -> float:
    """Largest difference, in units of the spread of the second; of frames and sound nested, each in its own."""
    if made.is_nested or expected.is_nested:
        return max(off(one, other) for one, other in zip(made.unbind(), expected.unbind(), strict=True))
    return largest(made, expected) / expected.std().item()


def random_clip(channels: int, frames: int, seed: int = 1, side: int = 4) -> torch.Tensor:
    """Latents [1 C T H W] as a VAE gives them."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, channels, frames, side, side, generator=generator)

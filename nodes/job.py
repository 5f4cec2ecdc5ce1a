"""One sampling job as the Sampler node describes it; each host brings the model that it runs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ..sora_core.canvas import LatentCanvas
from ..sora_core.diffusion.guidance import Guider
from ..sora_core.diffusion.holding import Replacing
from ..sora_core.diffusion.sampler import initial_noise, sample
from ..sora_core.diffusion.schedule import shifted_levels, start_plan

OnEstimate = Callable[[int, int, torch.Tensor], None]
"""(steps done, steps in all, clean estimate [B C T H W] as the model sees it)"""

Conditioning = list[Any]  # as in ComfyUI: [[embeddings [B L D], {...}], ...]
Patch = tuple[int, int, int]


@dataclass(frozen=True)
class SamplingJob:
    """What to sample. latents: [B C T H W] as the VAE gives them; noise_level: [B 1 T H W], 1 = invent."""

    positive: Conditioning
    negative: Conditioning
    latents: torch.Tensor
    noise_level: torch.Tensor
    seed: int
    steps: int
    guidance: float
    shift: float

    def noise(self) -> torch.Tensor:
        """The same noise in every host, [B C T H W]."""
        return initial_noise(self.latents.shape, self.seed)

    def levels(self) -> torch.Tensor:
        """Noise levels of the steps, from 1 to 0: [steps+1]."""
        return shifted_levels(self.steps, self.shift)

    def run(self, guider: Guider, clean: torch.Tensor, patch: Patch | None, on_estimate: OnEstimate) -> torch.Tensor:
        """Sampled latents [B C T H W]; clean is `latents` as the model sees them, on the device to work on.

        patch: of a model that takes a level per patch; None for one that takes a single level (see Replacing).
        Raises ValueError where the model gives values that are not finite (else the video would be black).
        """
        canvas = LatentCanvas(clean, self.noise_level.to(clean.device, torch.float32))
        noise = self.noise().to(clean.device)
        if patch is None:
            guider, patch = Replacing(guider, canvas, noise), (1, 1, 1)
        plan = start_plan(self.levels(), canvas.noise_level, patch)
        latents = sample(guider, canvas, plan, noise, patch=patch, on_step=on_estimate)
        if not bool(latents.isfinite().all()):
            raise ValueError("the model gave values that are not finite; try less guidance or float32 weights")
        return latents

    def is_unprompted(self) -> bool:
        """Whether positive and negative say the same, so that nothing steers."""
        positive, negative = self.positive[0][0], self.negative[0][0]
        return self.guidance != 1 and positive.shape == negative.shape and bool(torch.equal(positive, negative))

    def check_channels(self, expected: int) -> None:
        """ValueError unless the latents have the model's number of channels."""
        got = self.latents.shape[1]
        if got != expected:
            raise ValueError(
                f"got latents of {got} channels, this model takes {expected}: connect its VAE to Sora Video Grid"
            )

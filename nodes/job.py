"""One sampling job as the Sampler node describes it; each host brings the model that it runs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ..sora_core.canvas import LatentCanvas
from ..sora_core.diffusion.guidance import Guider
from ..sora_core.diffusion.holding import ReplacingAnew
from ..sora_core.diffusion.resampling import with_jumps
from ..sora_core.diffusion.sampler import NoiseStream, initial_noise, sample
from ..sora_core.diffusion.schedule import shifted_levels, start_plan

OnEstimate = Callable[[int, int, torch.Tensor], None]
"""(steps done, steps in all, clean estimate [B C T H W] as the model sees it)"""

Conditioning = list[Any]  # as in ComfyUI: [[embeddings [B L D], {...}], ...]
Patch = tuple[int, int, int]


@dataclass(frozen=True)
class Holding:
    """How a MODEL has known places held beside those that are sampled: as it is able to, and as the user wishes.

    patch: of a model that takes a level per patch; None for one that takes a single level (see ReplacingAnew).
    jumps: how often each part of the schedule is gone through again (see resampling.with_jumps).
    """

    patch: Patch | None
    jumps: int = 0

    def describe(self) -> str:
        """One line for the user."""
        way = (
            "by replacing: the model takes one level for the clip"
            if self.patch is None
            else "per patch: the model takes a level for each"
        )
        times = f"{self.jumps} time{'s' if self.jumps > 1 else ''}"
        again = f"; each part of the schedule but the first is gone through {times} more" if self.jumps else ""
        return f"Known parts are held {way}{again}."


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

    def run(self, guider: Guider, clean: torch.Tensor, holding: Holding, on_estimate: OnEstimate) -> torch.Tensor:
        """Sampled latents [B C T H W]; clean is `latents` as the model sees them, on the device to work on.

        Raises ValueError where the model gives values that are not finite (else the video would be black).
        """
        canvas = LatentCanvas(clean, self.noise_level.to(clean.device, torch.float32))
        noises, patch = NoiseStream(self.latents.shape, self.seed, clean.device), holding.patch
        if patch is None:
            guider, patch = ReplacingAnew(guider, canvas, noises), (1, 1, 1)
        plan = start_plan(self.levels(), canvas.noise_level, patch)
        if self.holds_parts():
            plan = with_jumps(plan, holding.jumps)
        latents = sample(guider, canvas, plan, noises.current, fresh=noises, patch=patch, on_step=on_estimate)
        if not bool(latents.isfinite().all()):
            raise ValueError("the model gave values that are not finite; try less guidance or float32 weights")
        return latents

    def holds_parts(self) -> bool:
        """Whether some places of a clip are known, or known in part, beside others that are less so."""
        level = self.noise_level.flatten(1)  # [B T*H*W]
        return bool((level.amin(dim=1) < level.amax(dim=1)).any())

    def notices(self, holding: Holding) -> list[str]:
        """What the user should know before it runs, in sentences."""
        said = ["Positive and negative prompt are the same: nothing steers."] if self.is_unprompted() else []
        if self.holds_parts():
            said.append(holding.describe())
        elif holding.jumps:
            said.append("Sora Resample has no effect: no part of this canvas is known beside others.")
        return said

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

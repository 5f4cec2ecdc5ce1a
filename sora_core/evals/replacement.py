"""Ways to hold what is known while the rest is sampled, with one and the same model.

`nano` takes a level per patch. By replacing it is used as a model that takes one level for the whole clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from ..canvas.latent_canvas import LatentCanvas
from ..diffusion.options import SamplingOptions
from ..diffusion.replacement import hold
from ..diffusion.resampling import with_jumps
from ..diffusion.sampler import NoiseStream, sample
from ..diffusion.schedule import shifted_levels, start_plan
from ..models.conditioning import TextConditioning
from ..pipeline import Pipeline, check_finite


class Hold(Protocol):
    """A way to hold what is known."""

    def __call__(
        self, pipe: Pipeline, text: TextConditioning, canvas: LatentCanvas, *, seed: int, sampling: SamplingOptions
    ) -> torch.Tensor:
        """Latents [B C T H W]: the canvas, filled as its texts say."""
        ...


def per_patch(
    pipe: Pipeline, text: TextConditioning, canvas: LatentCanvas, *, seed: int, sampling: SamplingOptions
) -> torch.Tensor:
    """Known patches have level 0 from the first step on. See Hold."""
    return pipe.sample_canvas(text, canvas, seed=seed, sampling=sampling)


@dataclass(frozen=True)
class Replace:
    """Known places are shown noised to the level of the rest. jumps: how often each part is gone through again."""

    jumps: int = 0

    def __call__(
        self, pipe: Pipeline, text: TextConditioning, canvas: LatentCanvas, *, seed: int, sampling: SamplingOptions
    ) -> torch.Tensor:
        """See Hold."""
        noises = NoiseStream.of(canvas.clean.shape, seed, pipe.device)
        guider, _ = hold(pipe.guider(text, sampling), canvas, noises, patch=None)
        plan = with_jumps(start_plan(shifted_levels(sampling.steps, sampling.shift), canvas.noise_level), self.jumps)
        return check_finite(sample(guider, canvas, plan, noises.current, fresh=noises, solver=sampling.solver))

"""One sampling job as the Sampler node describes it; each host brings the model that it runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch

from ..sora_core.canvas import LatentCanvas
from ..sora_core.diffusion.guidance import Guider
from ..sora_core.diffusion.holding import ReplacingAnew
from ..sora_core.diffusion.resampling import with_jumps
from ..sora_core.diffusion.sampler import NoiseStream, initial_noise, sample
from ..sora_core.diffusion.schedule import shifted_levels
from ..sora_core.diffusion.windows import Chained, Rolling, WindowSampling, single_frames

OnEstimate = Callable[[int, int, torch.Tensor], None]
"""(steps done, steps in all, clean estimate [B C T H W] as the model sees it)"""

Conditioning = list[Any]  # as in ComfyUI: [[embeddings [B L D], {...}], ...]
Patch = tuple[int, int, int]
ONE_PLACE: Patch = (1, 1, 1)


@dataclass(frozen=True)
class Wishes:
    """What a user wishes of sampling beyond Sora Sampler's inputs; it travels with the MODEL.

    jumps: how often each part of the schedule is gone through again (see resampling.with_jumps).
    windows: the way through a canvas that is longer than the model can see at once; None for all of it at once.
    """

    jumps: int = 0
    windows: Chained | Rolling | None = None


NO_WISHES = Wishes()


@dataclass(frozen=True)
class Holding:
    """How a MODEL has known places held beside those that are sampled, as it is able to, and what the user wishes.

    patch: of a model that takes a level per patch; None for one that takes a single level (see ReplacingAnew).
    """

    patch: Patch | None
    wishes: Wishes = NO_WISHES

    def describe(self) -> str:
        """One line for the user."""
        way = (
            "by replacing: the model takes one level for the clip"
            if self.patch is None
            else "per patch: the model takes a level for each"
        )
        jumps = self.wishes.jumps
        times = f"{jumps} time{'s' if jumps > 1 else ''}"
        again = f"; each part of the schedule but the first is gone through {times} more" if jumps else ""
        return f"Known parts are held {way}{again}."


@dataclass(frozen=True)
class _Fill:
    """Samples one canvas of a job after the other. of: how many there will be. See windows.WindowSampling."""

    guider: Guider
    holding: Holding
    on_estimate: OnEstimate
    of: int
    counter: Iterator[int]

    def __call__(self, canvas: LatentCanvas, plan: torch.Tensor, noises: NoiseStream) -> torch.Tensor:
        """Latents [B C T H W]."""
        index, guider, patch = next(self.counter), self.guider, self.holding.patch
        if patch is None:
            guider, patch = ReplacingAnew(guider, canvas, noises), ONE_PLACE
        if holds_parts(canvas.noise_level):
            plan = with_jumps(plan, self.holding.wishes.jumps)

        def on_step(done: int, total: int, estimate: torch.Tensor) -> None:
            self.on_estimate(index * total + done, self.of * total, estimate)

        return sample(guider, canvas, plan, noises.current, fresh=noises, patch=patch, on_step=on_step)


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
        frames, levels = clean.shape[2], self.levels()
        windows = holding.wishes.windows or Chained(context=1, new=frames)
        fill = _Fill(guider, holding, on_estimate, windows.fills(frames, self.steps), count())
        sampling = WindowSampling(fill, levels, holding.patch or ONE_PLACE)
        latents = torch.cat(list(windows.latents(single_frames(canvas), sampling, self.seed)), dim=2)
        if not bool(latents.isfinite().all()):
            raise ValueError("the model gave values that are not finite; try less guidance or float32 weights")
        return latents

    def notices(self, holding: Holding) -> list[str]:
        """What the user should know before it runs, in sentences."""
        said = ["Positive and negative prompt are the same: nothing steers."] if self.is_unprompted() else []
        frames, wishes = self.latents.shape[2], holding.wishes
        turns = wishes.windows.fills(frames, self.steps) if wishes.windows else 1
        if turns > 1:
            said.append(f"The {frames} latent frames are sampled in {turns} windows.")
        if holds_parts(self.noise_level) or turns > 1:
            said.append(holding.describe())
        elif wishes.jumps:
            said.append("Sora Resample has no effect: no part of this canvas is known beside others.")
        return said

    def is_unprompted(self) -> bool:
        """Whether positive and negative say the same, so that nothing steers."""
        positive, negative = self.positive[0][0], self.negative[0][0]
        return self.guidance != 1 and positive.shape == negative.shape and bool(torch.equal(positive, negative))

    def check_windows(self, holding: Holding) -> None:
        """ValueError where the windows that the user wishes cannot be had of this MODEL with these conditions."""
        windows = holding.wishes.windows
        if windows is None:
            return
        if holding.patch is None and (isinstance(windows, Rolling) or windows.context_level):
            raise ValueError(
                "this MODEL takes one level for the clip: it can neither roll nor be shown noised context; expected "
                "Sora Windows with noise 0"
            )
        for entry in (*self.positive, *self.negative):
            if any(_is_video(value) for value in entry[1].values()):
                raise ValueError(
                    "got a conditioning that holds a video, which does not fit a window; put it on the canvas instead, "
                    "with Sora Animate Image or Sora Extend Video"
                )

    def check_channels(self, expected: int, name: str = "") -> None:
        """ValueError unless the latents have the number of channels of the model, which has this name."""
        got = self.latents.shape[1]
        if got != expected:
            model = f"this model ({name})" if name else "this model"
            raise ValueError(
                f"got latents of {got} channels, {model} takes {expected}: connect its VAE to Sora Video Grid, or to "
                "the node that they come from"
            )

    def check_text(self, expected: int, name: str) -> None:
        """ValueError unless the texts have the width that the model of this name reads."""
        for embeddings, *_ in (*self.positive, *self.negative):
            if (got := embeddings.shape[-1]) != expected:
                raise ValueError(
                    f"got a conditioning of width {got}, this model ({name}) takes {expected}: connect its CLIP to "
                    "Sora Encode Text"
                )


def _is_video(value: Any) -> bool:
    """Whether a value of a conditioning is a video latent, or holds one."""
    if isinstance(value, (list, tuple)):
        return any(_is_video(one) for one in value)
    return isinstance(value, torch.Tensor) and value.ndim == 5


def holds_parts(noise_level: torch.Tensor) -> bool:
    """Whether some places of a clip of [B 1 T H W] are known, or known in part, beside others that are less so."""
    level = noise_level.flatten(1)  # [B T*H*W]
    return bool((level.amin(dim=1) < level.amax(dim=1)).any())

"""One sampling job as the Sampler node describes it; each host brings the model that it runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch

from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.shapes import ONE_LATENT, PatchSize
from ...sora_core.diffusion.guidance import Guider
from ...sora_core.diffusion.history import PLAIN, HistoryGuidance
from ...sora_core.diffusion.replacement import hold
from ...sora_core.diffusion.resampling import with_jumps
from ...sora_core.diffusion.sampler import NoiseSource, NoiseStream, initial_noise, sample
from ...sora_core.diffusion.schedule import shifted_levels
from ...sora_core.diffusion.windows import RollingWindow, SlidingWindow, WindowSampling, single_frames

OnEstimate = Callable[[int, int, torch.Tensor], None]
"""(steps done, steps in all, clean estimate [B C T H W] as the model sees it)"""

Conditioning = list[Any]  # as in ComfyUI: [[embeddings [B L D], {...}], ...]
NOTHING_HELD = "no part of this canvas is known beside others"


@dataclass(frozen=True)
class Wishes:
    """What a user wishes of sampling beyond Sora Sampler's inputs; it travels with the MODEL.

    jumps: how often each part of the schedule is gone through again (see resampling.with_jumps).
    windows: the way through a canvas that is longer than the model can see at once; None for all of it at once.
    history: how far to follow the known parts, with a model that takes a level per patch.
    """

    jumps: int = 0
    windows: SlidingWindow | RollingWindow | None = None
    history: HistoryGuidance = PLAIN

    def frames_at_once(self, frames: int) -> int:
        """The most latent frames that the model is shown at once, of a canvas of so many."""
        windows = self.windows
        if windows is None:
            return frames
        return min(frames, windows.context + (windows.new if isinstance(windows, SlidingWindow) else windows.active))


NO_WISHES = Wishes()


@dataclass(frozen=True)
class Holding:
    """How a MODEL has known places held beside those that are sampled, as it is able to, and what the user wishes.

    patch: of a model that takes a level per patch; None for one that takes a single level (see ReplacingAnew).
    """

    patch: PatchSize | None
    wishes: Wishes = NO_WISHES

    def describe(self, *, follows: bool) -> str:
        """One line for the user. follows: whether guidance by history has an effect."""
        way = (
            "by replacing: the model takes one level for the clip"
            if self.patch is None
            else "per patch: the model takes a level for each"
        )
        jumps, history = self.wishes.jumps, self.wishes.history
        times = f"{jumps} time{'s' if jumps > 1 else ''}"
        again = f"; each part of the schedule but the first is gone through {times} more" if jumps else ""
        followed = f"; they are followed {history.scale:g} times as far" if follows else ""
        return f"Known parts are held {way}{followed}{again}."


@dataclass(frozen=True)
class FramesBeside:
    """Frames for the whole clip that a MODEL is shown beside those that are sampled; the conditioning brings them.

    name: of them in the conditioning. needed: whether the MODEL is there to go on from them; without, it sees zeros.
    """

    name: str
    needed: bool


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
        index = next(self.counter)
        guider, patch = hold(self.guider, canvas, noises, self.holding.patch, self.holding.wishes.history)
        if holds_parts(canvas.noise_level):
            plan = with_jumps(plan, self.holding.wishes.jumps)

        def on_step(done: int, total: int, estimate: torch.Tensor) -> None:
            self.on_estimate(index * total + done, self.of * total, estimate)

        return sample(guider, canvas, plan, noises.current, fresh=noises, patch=patch, on_step=on_step)


@dataclass(frozen=True)
class _Remade:
    """A fill that begins with a noise of its own, [B C T H W], in place of the stream's first."""

    fill: _Fill
    noise: torch.Tensor

    def __call__(self, canvas: LatentCanvas, plan: torch.Tensor, noises: NoiseStream) -> torch.Tensor:
        """See _Fill."""
        noises.current = self.noise.to(noises.current)
        return self.fill(canvas, plan, noises)


@dataclass(frozen=True)
class SamplingJob:
    """What to sample. latents: [B C T H W] as the VAE gives them; noise_level: [B 1 T H W], 1 = invent.

    places: in the batch that the clips were taken from (batch_index of a LATENT), so that each is made as it was there.
    """

    positive: Conditioning
    negative: Conditioning
    latents: torch.Tensor
    noise_level: torch.Tensor
    seed: int
    steps: int
    guidance: float
    shift: float
    places: tuple[int, ...] | None = None

    def noise(self) -> torch.Tensor:
        """The same noise in every host, [B C T H W]; that of the clips' places where they are given, as the host's."""
        if self.places is None:
            return initial_noise(self.latents.shape, self.seed)
        source, drawn = NoiseSource(self.seed), {}
        for place in range(max(self.places) + 1):
            noise = source.draw((1, *self.latents.shape[1:]))
            if place in self.places:
                drawn[place] = noise
        return torch.cat([drawn[place] for place in self.places])

    def levels(self) -> torch.Tensor:
        """Noise levels of the steps, from 1 to 0: [steps+1]."""
        return shifted_levels(self.steps, self.shift)

    def run(self, guider: Guider, clean: torch.Tensor, holding: Holding, on_estimate: OnEstimate) -> torch.Tensor:
        """Sampled latents [B C T H W]; clean is `latents` as the model sees them, on the device to work on.

        Raises ValueError where the model gives values that are not finite (else the video would be black).
        """
        canvas = LatentCanvas(clean, self.noise_level.to(clean.device, torch.float32))
        frames, levels = clean.shape[2], self.levels()
        windows = holding.wishes.windows or SlidingWindow(context=1, new=frames)
        fill = _Fill(guider, holding, on_estimate, windows.fills(frames, self.steps), count())
        remade = self.places is not None and self._draws_once(holding.wishes)
        sampling = WindowSampling(_Remade(fill, self.noise()) if remade else fill, levels, holding.patch or ONE_LATENT)
        latents = torch.cat(list(windows.latents(single_frames(canvas), sampling, self.seed)), dim=2)
        if not bool(latents.isfinite().all()):
            raise ValueError("the model gave values that are not finite; try less guidance or float32 weights")
        return latents

    def notices(self, holding: Holding, beside: FramesBeside | None = None) -> list[str]:
        """What the user should know before it runs, in sentences. beside: of the MODEL."""
        said = ["Positive and negative prompt are the same: nothing steers."] if self.is_unprompted() else []
        frames, wishes = self.latents.shape[2], holding.wishes
        turns = self._turns(wishes)
        if beside is not None and beside.needed and not any(beside.name in entry[1] for entry in self.positive):
            said.append(
                "This MODEL is image-to-video and gets no image: put Wan Image To Video's positive and negative on the "
                "sampler, or use a text-to-video model."
            )
        if turns > 1:
            said.append(f"The {frames} latent frames are sampled in {turns} windows.")
        held, follow = holds_parts(self.noise_level) or turns > 1, wishes.history.scale != 1
        deaf = self._why_not_followed(holding, turns) if follow else ""
        if held:
            said.append(holding.describe(follows=follow and not deaf))
        elif wishes.jumps:
            said.append(f"Sora Resample has no effect: {NOTHING_HELD}.")
        if deaf:
            said.append(f"Sora History Guidance has no effect: {deaf}.")
        if self.places not in (None, tuple(range(len(self.latents)))) and not self._draws_once(wishes):
            said.append(
                "The clips' places in their batch (batch_index) are not read: with windows or Sora Resample noise is "
                "drawn more than once."
            )
        return said

    def _why_not_followed(self, holding: Holding, turns: int) -> str:
        """Why guidance by history has no effect on this canvas with a MODEL; "" where it has."""
        above, highest = holding.wishes.history.above, self.noise_level.max().item()
        if turns == 1 and not holds_parts(self.noise_level):
            return NOTHING_HELD
        if holding.patch is None:
            return "the model takes one level for the clip"
        if turns == 1 and not bool((self.noise_level == 0).any()):
            return "no part of this canvas is known in full"
        return f"this canvas begins at a noise level of {highest:g}, below {above:g}" if highest < above else ""

    def _turns(self, wishes: Wishes) -> int:
        """How many windows there are; 1 without."""
        return wishes.windows.fills(self.latents.shape[2], self.steps) if wishes.windows else 1

    def _draws_once(self, wishes: Wishes) -> bool:
        """Whether one noise is all that is drawn."""
        return self._turns(wishes) == 1 and not (wishes.jumps and holds_parts(self.noise_level))

    def is_unprompted(self) -> bool:
        """Whether positive and negative say the same, so that nothing steers."""
        positive, negative = self.positive[0][0], self.negative[0][0]
        return self.guidance != 1 and positive.shape == negative.shape and bool(torch.equal(positive, negative))

    def check_windows(self, holding: Holding, beside: FramesBeside | None = None) -> None:
        """ValueError where the windows that the user wishes cannot be had of this MODEL with these conditions."""
        windows = holding.wishes.windows
        if windows is None:
            return
        if holding.patch is None and windows.mixes_levels:
            raise ValueError(
                "this MODEL takes one level for the clip: it can neither roll nor be shown noised context; expected "
                "Sora Windows with noise 0"
            )
        if beside is not None and (turns := self._turns(holding.wishes)) > 1:
            raise ValueError(
                f"this MODEL is shown frames of the whole clip ({beside.name}) beside those that are made, which does "
                f"not work in {turns} windows: use a text-to-video MODEL, and where you have an image or a video, put "
                "it on the canvas instead, with Sora Animate Image or Sora Extend Video"
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

    def check_text(self, expected: int, name: str = "") -> None:
        """ValueError unless the texts have the width that the model reads, which has this name."""
        model = f"this model ({name})" if name else "this model"
        for embeddings, *_ in (*self.positive, *self.negative):
            if (got := embeddings.shape[-1]) != expected:
                raise ValueError(
                    f"got a conditioning of width {got}, {model} takes {expected}: connect its CLIP to Sora Encode Text"
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

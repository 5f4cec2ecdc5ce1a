"""One sampling job as Sora Sampler describes it; each host brings the MODEL that it runs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from ...sora_core.canvas.latent_canvas import LatentCanvas
from ...sora_core.canvas.shapes import PatchSize
from ...sora_core.diffusion.denoise import denoise
from ...sora_core.diffusion.guidance import Guider
from ...sora_core.diffusion.options import SamplingOptions
from ...sora_core.diffusion.sampler import NoiseSource, StepCallback, initial_noise
from ...sora_core.diffusion.schedule import has_known_parts
from ...sora_core.diffusion.solvers import EulerAncestral

Conditioning = list[Any]  # as in ComfyUI: [[embeddings [B L D], {...}], ...]


@dataclass(frozen=True)
class FramesBeside:
    """Frames of the whole clip that a MODEL sees beside those that are sampled; the conditioning brings them.

    name: their key in the conditioning. needed: whether the MODEL is made to go on from them; without, it sees zeros.
    """

    name: str
    needed: bool


@dataclass(frozen=True)
class SamplingJob:
    """What to sample. latents: [B C T H W] as the VAE gives them; noise_level: [B 1 T H W], 1 = invent.

    options: guidance by the prompt is in them; its negative prompt is not, `negative` stands in its place.
    places: of the clips in the batch that they were taken from (batch_index of a LATENT), so that each gets the noise
        that it had there.
    """

    positive: Conditioning
    negative: Conditioning
    latents: torch.Tensor
    noise_level: torch.Tensor
    seed: int
    options: SamplingOptions = field(default_factory=SamplingOptions)
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

    def run(
        self, guider: Guider, clean: torch.Tensor, patch: PatchSize | None, on_step: StepCallback | None = None
    ) -> torch.Tensor:
        """Sampled latents [B C T H W]; clean is `latents` as the model sees them, on the device to work on.

        patch: of a MODEL that takes a timestep per token; None for one that takes a single timestep. Sigmas that end
        above 0 leave noise in the latents, which are then scaled as the host's samplers scale them.
        Raises FloatingPointError where the model gives values that are not finite (else the video would be black).
        """
        canvas = LatentCanvas(clean, self.noise_level.to(clean.device, torch.float32))
        noise = None if self.places is None or self.draws_again() else self.noise()
        latents = denoise(guider, canvas, self.options, patch=patch, seed=self.seed, noise=noise, on_step=on_step)
        end = self.options.levels()[-1].item()
        return latents if end == 0 else torch.where(canvas.noise_level > 0, latents / max(1 - end, 1e-6), latents)

    def windows(self) -> int:
        """How many windows there are; 1 where the whole canvas is sampled at once."""
        way = self.options.windows
        return way.fills(self.latents.shape[2], self.options.total_steps) if way else 1

    def frames_at_once(self) -> int:
        """The most latent frames that the model sees at once."""
        frames, way = self.latents.shape[2], self.options.windows
        return way.frames_at_once(frames) if way else frames

    def draws_again(self) -> bool:
        """Whether noise is drawn more than once."""
        resampled = self.options.resampling > 0 and has_known_parts(self.noise_level)
        return self.windows() > 1 or resampled or isinstance(self.options.solver, EulerAncestral)

    def is_unprompted(self) -> bool:
        """Whether positive and negative say the same, so that nothing steers."""
        positive, negative = self.positive[0][0], self.negative[0][0]
        return self.options.guidance != 1 and positive.shape == negative.shape and bool(torch.equal(positive, negative))

    def check_windows(self, patch: PatchSize | None, beside: FramesBeside | None = None) -> None:
        """ValueError where this MODEL cannot sample these conditions in the windows of the options."""
        windows = self.options.windows
        if windows is None:
            return
        if patch is None and windows.mixes_levels:
            raise ValueError(
                "this MODEL takes one timestep for the clip: it can neither roll nor see noised context; expected "
                "Sora Windows with noise 0"
            )
        if beside is not None and self.windows() > 1:
            raise ValueError(
                f"this MODEL sees frames of the whole clip ({beside.name}) beside those that are sampled, which does "
                f"not work in {self.windows()} windows: use a text-to-video MODEL, and where you have an image or a "
                "video, put it on the canvas instead, with Sora Animate Image or Sora Extend Video"
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

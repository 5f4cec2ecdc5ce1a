"""Ways to go on from a clip, ours and those that are common elsewhere, all with one model, seed and number of frames.

Each takes the latents of a clip that the model made itself and extends it several times.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch

from ..canvas.abilities import animate_image, extend
from ..canvas.latent_canvas import LatentCanvas
from ..diffusion.history import HistoryGuidance
from ..diffusion.options import SamplingOptions
from ..models.conditioning import TextConditioning
from ..pipeline import Pipeline
from ..video.joining import join
from .encoding import encode, pixels_of
from .replacement import Replace

SOURCE, ADDED = 5, 4  # latent frames of the clip, and of each extension
SAMPLING = SamplingOptions(guidance=1.0)  # a prompt names the first motion, which is over when a clip goes on
FOLLOWING = SamplingOptions(
    guidance=1.0, history=HistoryGuidance(1.5)
)  # ours; the other ways are as they are common, without


class Job(NamedTuple):
    """What to extend. text: of B clips; latents: [B C T H W], T >= SOURCE; times: how often."""

    text: TextConditioning
    latents: torch.Tensor
    times: int
    seed: int


class Continuation(Protocol):
    """A way to go on."""

    def __call__(self, pipe: Pipeline, job: Job) -> torch.Tensor:
        """uint8 frames [B F H W 3]: those of the clip, then ADDED latents' worth for each extension."""
        ...


def carried_over(pipe: Pipeline, job: Job) -> torch.Tensor:
    """Ours from latents: they are carried over as they are, the whole is decoded once."""
    return _carried(pipe, job, FOLLOWING)


def without_guidance(pipe: Pipeline, job: Job) -> torch.Tensor:
    """The same without guidance by history."""
    return _carried(pipe, job, SAMPLING)


def joined(pipe: Pipeline, job: Job) -> torch.Tensor:
    """Ours from pixels: encoded in place, known latents held per patch, joined over the overlap."""
    frames = pipe.decode(job.latents)
    for turn in range(job.times):
        known, canvas = _encoded_end(pipe, frames)
        made = pipe.decode(pipe.sample_canvas(job.text, canvas, seed=job.seed + turn, sampling=FOLLOWING))
        pairs = zip(frames.float() / 255, made.float() / 255, strict=True)
        frames = torch.stack([join(one, two, known) for one, two in pairs]).mul(255).round().to(torch.uint8)
    return frames


def last_frame_only(pipe: Pipeline, job: Job) -> torch.Tensor:
    """A common way: the last frame, as an image to be animated; the model never sees the motion."""
    frames = pipe.decode(job.latents)
    for turn in range(job.times):
        canvas = animate_image(encode(pipe, pixels_of(frames[:, -1:])), 1 + ADDED)
        made = pipe.decode(pipe.sample_canvas(job.text, canvas, seed=job.seed + turn, sampling=SAMPLING))
        frames = torch.cat([frames, made[:, 1:]], dim=1)
    return frames


def noise_mask(pipe: Pipeline, job: Job) -> torch.Tensor:
    """ComfyUI's way: encode the frames again, one noise level, the known part put back at each step, a hard cut."""
    frames = pipe.decode(job.latents)
    for turn in range(job.times):
        known, canvas = _encoded_end(pipe, frames)
        made = pipe.decode(Replace()(pipe, job.text, canvas, seed=job.seed + turn, sampling=SAMPLING))
        frames = torch.cat([frames, made[:, known:]], dim=1)
    return frames


CARRIED, NOT_FOLLOWED = "latents carried over", "latents carried over, no history guidance"
CONTINUATIONS: dict[str, Continuation] = {
    CARRIED: carried_over,
    NOT_FOLLOWED: without_guidance,
    "pixels joined": joined,
    "last frame only": last_frame_only,
    "noise mask, pixels": noise_mask,
}


def _carried(pipe: Pipeline, job: Job, sampling: SamplingOptions) -> torch.Tensor:
    latents = job.latents
    for turn in range(job.times):
        context = latents[:, :, -SOURCE:]
        window = pipe.sample_canvas(job.text, extend(context, after=ADDED), seed=job.seed + turn, sampling=sampling)
        latents = torch.cat([latents, window[:, :, context.shape[2] :]], dim=2)
    return pipe.decode(latents)


def _encoded_end(pipe: Pipeline, frames: torch.Tensor) -> tuple[int, LatentCanvas]:
    """How many frames at the end are known, and the canvas that goes on from them."""
    known = pipe.vae.compression.video_frames(SOURCE)
    return known, extend(encode(pipe, pixels_of(frames[:, -known:])), after=ADDED)

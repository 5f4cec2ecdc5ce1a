"""Videos that are longer than any clip the model was trained on, made and written window by window in flat memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from .canvas.abilities import text_to_video
from .canvas.latent_canvas import LatentCanvas
from .canvas.shapes import ONE_LATENT, LatentShape, VideoShape
from .diffusion.sampler import NoiseStream, check_seed, sample
from .diffusion.schedule import shifted_levels
from .diffusion.windows import SlidingWindow, Windows, WindowSampling
from .models.conditioning import TextConditioning
from .pipeline import Pipeline, SamplingOptions, VideoStream, check_finite, check_prompt

DEFAULT_WINDOWS = SlidingWindow()


def stream_long(
    pipe: Pipeline,
    prompt: str,
    shape: VideoShape,
    fps: float,
    *,
    windows: Windows = DEFAULT_WINDOWS,
    seed: int = 0,
    sampling: SamplingOptions | None = None,
) -> VideoStream:
    """A video that shows the prompt, made while it is read; shape as from `Pipeline.video_shape`.

    sampling: None is what the model was made for.
    Raises ValueError for an empty prompt or a value out of range, and while it is read FloatingPointError where the
    model diverges.
    """
    check_prompt(prompt)
    latents = long_latents(pipe, pipe.encode_text([prompt]), shape, windows=windows, seed=seed, sampling=sampling)
    return VideoStream(pipe.decode_frames(latents), shape, fps)


def long_latents(
    pipe: Pipeline,
    text: TextConditioning,
    shape: VideoShape,
    *,
    windows: Windows = DEFAULT_WINDOWS,
    seed: int = 0,
    sampling: SamplingOptions | None = None,
) -> Iterator[torch.Tensor]:
    """Yield latents [B C t H W] of a clip for each text, in order and as they are finished; `sampling` as above."""
    check_seed(seed)
    sampling = pipe.made_for.sampling if sampling is None else sampling
    latent, level_patch = pipe.latent_shape(shape), pipe.dit.config.level_patch
    if level_patch is None and windows.mixes_levels:
        raise ValueError(
            "this model takes one noise level for the whole clip: take sliding windows with a clean context"
        )
    guider = pipe.guider(text, sampling)

    def fill(canvas: LatentCanvas, plan: torch.Tensor, noises: NoiseStream) -> torch.Tensor:
        held, patch = pipe.held(guider, canvas, noises, sampling)
        return sample(held, canvas, plan, noises.current, fresh=noises, solver=sampling.solver, patch=patch)

    levels = shifted_levels(sampling.steps, sampling.shift)
    frames = _empty_frames(latent, len(text), pipe.device)
    for part in windows.latents(frames, WindowSampling(fill, levels, level_patch or ONE_LATENT), seed):
        yield check_finite(part)


def _empty_frames(shape: LatentShape, batch: int, device: torch.device) -> Iterator[LatentCanvas]:
    """As many latent frames as `shape` has, all to be invented, one at a time."""
    for _ in range(shape.frames):
        yield text_to_video(shape._replace(frames=1), batch, device=device)

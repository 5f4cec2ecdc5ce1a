"""Samples videos longer than the training clips, window by window in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from .canvas.abilities import text_to_video
from .canvas.latent_canvas import LatentCanvas
from .canvas.shapes import LatentShape, VideoShape
from .diffusion.denoise import denoise_stream
from .diffusion.options import SamplingOptions
from .diffusion.windows import SlidingWindow
from .models.conditioning import TextConditioning
from .pipeline import Pipeline, VideoStream, check_prompt


def stream_long(
    pipe: Pipeline,
    prompt: str,
    shape: VideoShape,
    fps: float,
    *,
    seed: int = 0,
    sampling: SamplingOptions | None = None,
) -> VideoStream:
    """Generate a video while it is read.

    shape: as from Pipeline.video_shape.
    sampling: None is what the model was made for; `windows` None is SlidingWindow().

    Raises ValueError for an empty prompt or a value out of range, and FloatingPointError while it is read where the
    model diverges.
    """
    check_prompt(prompt)
    latents = long_latents(pipe, pipe.encode_text([prompt]), shape, seed=seed, sampling=sampling)
    return VideoStream(pipe.decode_frames(latents), shape, fps)


def long_latents(
    pipe: Pipeline, text: TextConditioning, shape: VideoShape, *, seed: int = 0, sampling: SamplingOptions | None = None
) -> Iterator[torch.Tensor]:
    """Yield latents [B C t H W] of a clip for each text, in order, as they are finished; see stream_long."""
    options = pipe.made_for.sampling if sampling is None else sampling
    latent, patch = pipe.latent_shape(shape), pipe.dit.config.timestep_patch
    pipe.warn_of_shape(latent, replace(options, windows=options.windows or SlidingWindow()))
    canvases = _empty_frames(latent, len(text), pipe.device)
    guider = pipe.guider(text, options)
    yield from denoise_stream(guider, canvases, options, patch=patch, frames=latent.frames, seed=seed)


def _empty_frames(shape: LatentShape, batch: int, device: torch.device) -> Iterator[LatentCanvas]:
    """Yield an empty canvas for each latent frame of `shape`."""
    for _ in range(shape.frames):
        yield text_to_video(shape._replace(frames=1), batch, device=device)

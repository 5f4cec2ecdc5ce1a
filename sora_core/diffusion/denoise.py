"""Samples a canvas, or a stream of canvases, with a guider and SamplingOptions.

Pipeline, long videos, nodes, evals and training call `denoise` or `denoise_stream`; the loop is in sampler.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

import torch

from ..canvas.joint_canvas import JointCanvas, RowCanvas
from ..canvas.latent_canvas import LatentCanvas
from ..canvas.shapes import ONE_LATENT, PatchSize
from ..canvas.sound_grid import SoundCuts
from ..tensors.finite import check_finite
from .blending import check_share
from .caching import StepCache
from .guidance import Guider, TimedGuider
from .joint_windows import sample_joint
from .options import SamplingOptions
from .replacement import WindowGuider, keep_known
from .resampling import with_resampling
from .sampler import NoiseStream, StepCallback, check_seed, sample
from .schedule import has_known_parts, noise_schedule
from .windows import SlidingWindow, WindowSampling, single_frames


def denoise(
    guider: Guider,
    canvas: LatentCanvas,
    options: SamplingOptions,
    *,
    patch: PatchSize | None,
    seed: int = 0,
    noise: torch.Tensor | None = None,
    on_step: StepCallback | None = None,
    share: torch.Tensor | None = None,
) -> torch.Tensor:
    """Fill a canvas: latents [B C T H W], float32 on the canvas's device.

    patch: of a model that takes a timestep per token; None for one that takes a single timestep for the clip.
    noise: initial noise [B C T H W]; None draws it from the seed.
    on_step: called after each step of all windows with (done, total, clean estimate), of a RowCanvas that of its
        frames; may raise to interrupt.
    share: of what is sampled, at places that are blended in every step (see BlendGuider); not in windows.

    Latents with noise_level 0 are returned bit for bit. Raises ValueError for a seed out of range and for windows that
    the model does not support, FloatingPointError where the model gives values that are not finite.
    """
    if share is not None:
        check_share(share, canvas.noise_level)
    if options.windows is not None:
        if share is not None:
            raise ValueError("got a share to blend places by, which does not work in windows")
        frames = canvas.shape.frames
        parts = denoise_stream(
            guider, single_frames(canvas), options, patch=patch, frames=frames, seed=seed, noise=noise, on_step=on_step
        )
        return torch.cat(list(parts), dim=2)
    check_seed(seed)
    noises = NoiseStream.of(canvas.clean.shape, seed, canvas.clean.device)
    schedule = noise_schedule(options.levels(), canvas.noise_level, patch or ONE_LATENT)
    window = _Window(guider, options, patch, 1, noise, on_step, share)
    return _checked(window(canvas, schedule, noises, range(canvas.shape.frames)))


def denoise_stream(
    guider: Guider,
    canvases: Iterable[LatentCanvas],
    options: SamplingOptions,
    *,
    patch: PatchSize | None,
    frames: int,
    seed: int = 0,
    noise: torch.Tensor | None = None,
    on_step: StepCallback | None = None,
) -> Iterator[torch.Tensor]:
    """Fill a canvas of any length in constant memory: yields latents [B C t H W] in order, as they are finished.

    canvases: one of [B C 1 H W] for each latent frame. frames: how many there are.
    noise: initial noise [B C T H W] of the first window; None draws it from the seed.
    options.windows: None is SlidingWindow(). Other arguments and errors as in denoise.
    """
    check_seed(seed)
    windows = options.windows or SlidingWindow()
    if patch is None and windows.mixes_levels:
        raise ValueError(
            "got windows with several noise levels, but this model takes one timestep for the whole clip: use a "
            "SlidingWindow with context_level 0"
        )
    total = windows.fills(frames, options.total_steps)
    window = _Window(guider, options, patch, total, noise, on_step)
    sampling = WindowSampling(window, options.levels(), patch or ONE_LATENT)
    for part in windows.latents(canvases, sampling, seed):
        yield _checked(part)


def denoise_joint(
    guider: Guider,
    canvas: JointCanvas,
    cuts: SoundCuts,
    options: SamplingOptions,
    *,
    patch: PatchSize | None,
    seed: int = 0,
    on_step: StepCallback | None = None,
) -> list[torch.Tensor]:
    """Fill a canvas of frames and sound in a sliding window: frames [B C T H W] and sound, float32.

    guider: is given rows of places [B 1 1 1 N], which RowCanvas describes. on_step: gets the frames of a window alone.
    Other arguments and errors as in denoise; ValueError for any other windows.
    """
    check_seed(seed)
    windows = options.windows
    if not isinstance(windows, SlidingWindow):
        raise ValueError(f"got frames and sound in windows of {type(windows).__name__}, expected a SlidingWindow")
    total = windows.fills(canvas.picture.shape.frames, options.total_steps)
    window = _Window(guider, options, patch, total, None, on_step)
    made = sample_joint(canvas, windows, cuts, WindowSampling(window, options.levels(), patch or ONE_LATENT), seed)
    return [_checked(stream) for stream in made]


def _checked(latents: torch.Tensor) -> torch.Tensor:
    return check_finite(latents, "the model", "try float32 weights or less guidance")


@dataclass(frozen=True)
class _Window:
    """Samples one window after the other; see windows.WindowSampling. windows: how many there are."""

    guider: Guider
    options: SamplingOptions
    patch: PatchSize | None
    windows: int
    noise: torch.Tensor | None
    on_step: StepCallback | None
    share: torch.Tensor | None = None
    counter: Iterator[int] = field(default_factory=count)

    def __call__(self, canvas: LatentCanvas, schedule: torch.Tensor, noises: NoiseStream, span: range) -> torch.Tensor:
        """Sample latents [B C T H W]."""
        index, options = next(self.counter), self.options
        if index == 0 and self.noise is not None:
            noises.current = self.noise.to(noises.current)
        if has_known_parts(canvas.noise_level):
            schedule = with_resampling(schedule, options.resampling)
        guider, show = self.guider, None
        if isinstance(self.guider, WindowGuider):
            guider, show = self.guider.for_window(canvas, schedule, noises, span), self.guider.show
        elif isinstance(self.guider, TimedGuider):
            guider = self.guider.within(span)
        guider, patch = keep_known(guider, canvas, noises, self.patch, options.history, show=show, share=self.share)
        if options.step_cache:
            guider = StepCache(guider, options.step_cache)

        def on_step(done: int, total: int, estimate: torch.Tensor) -> None:
            if self.on_step is not None:
                seen = canvas.picture(estimate) if isinstance(canvas, RowCanvas) else estimate
                self.on_step(index * total + done, self.windows * total, seen)

        return sample(
            guider,
            canvas,
            schedule,
            noises.current,
            fresh=noises,
            solver=options.solver,
            patch=patch,
            on_step=on_step,
        )

"""Error against model calls for every solver: on a Gaussian, whose answer is known, and on the model.

Where the data is normal the velocity is linear in x. So one run in which each noise pushes one place of the canvas
gives a solver's mean and variance exactly, with no draws. On the model the reference is Heun in many steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from tqdm import tqdm

from ..canvas.abilities import text_to_video
from ..canvas.shapes import LatentShape
from ..diffusion.sampler import sample
from ..diffusion.schedule import noise_schedule, shifted_sigmas
from ..diffusion.solvers import SOLVERS, Heun, Solver
from ..pipeline import Pipeline, SamplingOptions
from ..world.flat import held_out
from .clip_shapes import clip_of
from .encoding import pixels_of
from .prompts import prompts_for
from .reconstruction import psnr

MODEL_CALLS = (8, 12, 16, 25, 50)  # with guidance each is two passes of the DiT
BATCH = 8
FRAMES = 17
SAMPLING = SamplingOptions()
REFERENCE = replace(SAMPLING, steps=200, solver=Heun())  # 400 model calls

MEANS = (0.0, 1.0, -1.0, 2.0)
DEVIATIONS = (1.0, 0.5, 0.2, 0.1)


class SolverErrors(NamedTuple):
    """Errors of one solver by one measure, for each of MODEL_CALLS."""

    measure: str
    solver: str
    errors: tuple[float, ...]


class GaussianError(NamedTuple):
    """Root mean squares over the channels of Gaussian.

    distance: from the exact solution of the ODE for the same noise, over all noises; None for a stochastic solver,
        which does not solve the ODE.
    mean: of samples. variance: of samples, relative to that of the data.
    """

    distance: float | None
    mean: float
    variance: float


@dataclass(frozen=True)
class Gaussian:
    """A guider that gives the exact velocity for normal data with a mean and deviation per channel.

    mean, deviation: [C 1 1 1]. It takes one level per clip, [B].
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        """See Guider."""
        level = noise_level.view(-1, 1, 1, 1, 1)
        share, variance = 1 - level, self.deviation.square()
        residual = (latents - share * self.mean) / (share.square() * variance + level.square())
        return level * residual - (self.mean + share * variance * residual)


def steps_for(solver: Solver[Any], calls: int) -> int:
    """Steps that take at most so many model calls."""
    return calls // 2 if isinstance(solver, Heun) else calls


def gaussian_error(solver: Solver[Any], steps: int) -> GaussianError:
    """Of a solver in so many steps, at the shift that the bundled model is sampled with."""
    mean, deviation = (torch.tensor(values).view(-1, 1, 1, 1) for values in (MEANS, DEVIATIONS))
    canvas = text_to_video(LatentShape(len(MEANS), 1, 1, steps + 2))
    schedule = noise_schedule(shifted_sigmas(steps, SAMPLING.shift), canvas.noise_level)
    noises = _one_push_per_place(canvas.clean)
    x = sample(Gaussian(mean, deviation), canvas, schedule, next(noises), fresh=noises, solver=solver)
    made = x[0]  # [C 1 1 W]
    off = made[..., :1] - mean
    gains = made[..., 1:] - made[..., :1]  # of the noise that sampling begins with, and of one for each step
    distance = (off.square() + (gains[..., :1] - deviation).square()).mean().sqrt().item()
    variance = gains.square().sum(dim=-1, keepdim=True)
    solves_the_ode = not bool(gains[..., 1:].any())
    return GaussianError(distance if solves_the_ode else None, _rms(off), _rms(variance / deviation.square() - 1))


def score_on_gaussian() -> Iterator[SolverErrors]:
    """Distance of the solvers of the ODE, mean of the others, and variance of all; see GaussianError.

    The mean is exact for every one: its way is a straight line.
    """
    found = {
        name: [gaussian_error(solver, steps_for(solver, calls)) for calls in MODEL_CALLS]
        for name, solver in SOLVERS.items()
    }
    for name, errors in found.items():
        distances = tuple(error.distance for error in errors if error.distance is not None)
        if distances:
            yield SolverErrors("Gaussian: distance", name, distances)
        else:
            yield SolverErrors("Gaussian: mean", name, tuple(error.mean for error in errors))
    for name, errors in found.items():
        yield SolverErrors("Gaussian: variance", name, tuple(error.variance for error in errors))


def score_on_model(pipe: Pipeline, *, count: int, seed: int = 0) -> list[SolverErrors]:
    """The solvers of the ODE, on `count` held-out combinations with seeds of their own.

    Distance of latents (root mean square) from those of the reference for the same seeds, and PSNR of the frames
    against its frames in dB, as a mean over clips.
    """
    exact = _sampled(pipe, REFERENCE, count, seed)
    exact_pixels = _pixels(pipe, exact)
    distances, decibels = [], []
    two_steps = 2  # the last one adds no noise
    solving = {name: one for name, one in SOLVERS.items() if gaussian_error(one, two_steps).distance is not None}
    for name, solver in tqdm(solving.items(), desc="solvers", unit="solver"):
        made = [
            _sampled(pipe, replace(SAMPLING, steps=steps_for(solver, calls), solver=solver), count, seed)
            for calls in MODEL_CALLS
        ]
        distances.append(SolverErrors("model: distance of latents", name, tuple(_rms(one - exact) for one in made)))
        values = tuple(_mean_psnr(_pixels(pipe, one), exact_pixels) for one in made)
        decibels.append(SolverErrors("model: PSNR dB of frames", name, values))
    return [*distances, *decibels]


def _one_push_per_place(like: torch.Tensor) -> Iterator[torch.Tensor]:
    """Noises like `like` [1 C 1 1 W], 0 but for one place: the second in the first noise, and so on."""
    for row in torch.eye(like.shape[-1])[1:]:
        yield row.expand_as(like)


def _sampled(pipe: Pipeline, sampling: SamplingOptions, count: int, seed: int) -> torch.Tensor:
    """Latents [B C T H W] of held-out prompts, in batches with seeds of their own."""
    prompts, video = prompts_for(held_out()[:count], seed=seed), clip_of(pipe, FRAMES)
    return torch.cat(
        [
            pipe.sample_latents(
                pipe.encode_text(prompts[first : first + BATCH]), video, seed=seed + first, sampling=sampling
            )
            for first in range(0, count, BATCH)
        ]
    )


def _pixels(pipe: Pipeline, latents: torch.Tensor) -> torch.Tensor:
    """[B 3 F H W] in -1..1."""
    return torch.cat([pixels_of(pipe.decode(part)) for part in latents.split(BATCH)])


def _mean_psnr(clips: torch.Tensor, targets: torch.Tensor) -> float:
    return sum(psnr(clip, target) for clip, target in zip(clips, targets, strict=True)) / len(clips)


def _rms(values: torch.Tensor) -> float:
    return values.square().mean().sqrt().item()

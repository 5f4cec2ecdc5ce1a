"""The one way to sample: whole canvases, windows and streams, with every option."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from sora_core.canvas.abilities import extend, text_to_video
from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.shapes import LatentShape
from sora_core.diffusion.denoise import denoise, denoise_stream
from sora_core.diffusion.history import HistoryGuidance
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.sampler import NoiseStream, initial_noise, sample
from sora_core.diffusion.schedule import noise_schedule
from sora_core.diffusion.solvers import SOLVERS
from sora_core.diffusion.windows import RollingWindow, SlidingWindow, single_frames

SHAPE = LatentShape(4, 6, 4, 4)
PATCH = (1, 2, 2)
FEW = SamplingOptions(steps=6)


class Counting:
    """A guider with a velocity of its own at each latent and level; calls: how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return latents.sin() + noise_level.mean() + latents.mean(dim=2, keepdim=True)


class Prepared(Counting):
    """A WindowGuider. made: canvas, schedule and noise of each window; shown: how often it showed known places."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[tuple[LatentCanvas, torch.Tensor, torch.Tensor]] = []
        self.shown = 0

    def for_window(self, canvas: LatentCanvas, schedule: torch.Tensor, noises: NoiseStream, span: range) -> Counting:
        self.made.append((canvas, schedule, noises.current))
        return self

    def show(self, clean: torch.Tensor, noise: torch.Tensor, level: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
        self.shown += 1
        return clean


def known_beginning() -> torch.Tensor:
    return torch.randn(1, 4, 2, 4, 4, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_a_whole_canvas_is_sampled_by_the_one_loop(solver):
    canvas, options = text_to_video(SHAPE), replace(FEW, solver=solver)
    noises = NoiseStream.of(canvas.clean.shape, 3)
    schedule = noise_schedule(options.levels(), canvas.noise_level, PATCH)
    expected = sample(Counting(), canvas, schedule, noises.current, fresh=noises, solver=solver, patch=PATCH)
    assert torch.equal(denoise(Counting(), canvas, options, patch=PATCH, seed=3), expected)


@pytest.mark.parametrize("windows", [SlidingWindow(2, 2), RollingWindow(2, 3)])
def test_a_stream_gives_the_parts_of_the_whole(windows):
    canvas, options = extend(known_beginning(), after=4), replace(FEW, windows=windows)
    whole = denoise(Counting(), canvas, options, patch=PATCH, seed=3)
    parts = list(denoise_stream(Counting(), single_frames(canvas), options, patch=PATCH, frames=6, seed=3))
    assert len(parts) > 1
    assert torch.equal(torch.cat(parts, dim=2), whole)
    assert torch.equal(whole[:, :, :2], known_beginning())


def test_one_window_for_all_frames_is_the_whole_canvas_at_once():
    canvas = extend(known_beginning(), after=4)
    at_once = denoise(Counting(), canvas, FEW, patch=PATCH, seed=3)
    assert torch.equal(
        denoise(Counting(), canvas, replace(FEW, windows=SlidingWindow(3, 3)), patch=PATCH, seed=3), at_once
    )


@pytest.mark.parametrize(
    ("options", "calls"),
    [
        (FEW, 6),
        (replace(FEW, solver=SOLVERS["heun"]), 12),
        (replace(FEW, sigmas=(1.0, 0.5, 0.0)), 2),
        (replace(FEW, history=HistoryGuidance(1.5, above=0.0)), 12),
        (replace(FEW, resampling=1), 6 + 5),
        (replace(FEW, step_cache=0.99), 4),
    ],
    ids=["plain", "heun", "sigmas", "history", "resampling", "step_cache"],
)
def test_every_option_has_its_effect_on_the_model_calls(options, calls):
    guider = Counting()
    denoise(guider, extend(known_beginning(), after=4), options, patch=PATCH, seed=3)
    assert guider.calls == calls


def test_resampling_has_no_effect_where_nothing_is_known():
    canvas, guider = text_to_video(SHAPE), Counting()
    made = denoise(guider, canvas, replace(FEW, resampling=3), patch=PATCH, seed=3)
    assert guider.calls == 6
    assert torch.equal(made, denoise(Counting(), canvas, FEW, patch=PATCH, seed=3))


def test_a_noise_stands_in_place_of_the_seeds_own():
    canvas = text_to_video(SHAPE)
    noise = initial_noise(canvas.clean.shape, 9)
    made = denoise(Counting(), canvas, FEW, patch=PATCH, seed=3, noise=noise)
    assert torch.equal(made, denoise(Counting(), canvas, FEW, patch=PATCH, seed=9))
    in_windows = replace(FEW, windows=SlidingWindow(3, 3))
    assert torch.equal(denoise(Counting(), canvas, in_windows, patch=PATCH, seed=3, noise=noise), made)


def test_steps_are_counted_over_all_windows():
    seen = []
    options = replace(FEW, windows=SlidingWindow(2, 2))
    denoise(
        Counting(),
        text_to_video(SHAPE),
        options,
        patch=PATCH,
        on_step=lambda done, total, _: seen.append((done, total)),
    )
    assert seen == [(done, 12) for done in range(1, 13)]


def test_a_model_of_one_timestep_keeps_known_frames_by_replacement():
    levels = []

    def guider(latents, noise_level):
        levels.append(noise_level)
        return torch.zeros_like(latents)

    made = denoise(guider, extend(known_beginning(), after=4), FEW, patch=None, seed=3)
    assert all(level.shape == (1,) for level in levels)
    assert torch.equal(made[:, :, :2], known_beginning())


@pytest.mark.parametrize("windows", [RollingWindow(), SlidingWindow(context_level=0.1)])
def test_windows_with_several_levels_need_a_timestep_per_token(windows):
    with pytest.raises(
        ValueError, match="takes one timestep for the whole clip: use a SlidingWindow with context_level 0"
    ):
        denoise(Counting(), text_to_video(SHAPE), replace(FEW, windows=windows), patch=None)


def test_a_model_that_diverges_is_told():
    with pytest.raises(FloatingPointError, match="not finite; try float32 weights or less guidance"):
        denoise(lambda x, level: x * float("nan"), text_to_video(SHAPE), FEW, patch=PATCH)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, True])
@pytest.mark.parametrize("windows", [None, SlidingWindow(2, 2)])
def test_a_seed_out_of_range_is_refused(seed, windows):
    with pytest.raises(ValueError, match="seed must be a whole number"):
        denoise(Counting(), text_to_video(SHAPE), replace(FEW, windows=windows), patch=PATCH, seed=seed)


def test_a_guider_is_made_ready_for_each_window_with_its_canvas_its_schedule_and_its_noise():
    canvas, options, guider = extend(known_beginning(), after=4), replace(FEW, windows=SlidingWindow(2, 2)), Prepared()
    made = denoise(guider, canvas, options, patch=None, seed=3)
    assert [window.clean.shape[2] for window, _, _ in guider.made] == [4, 4]
    first, second = (window for window, _, _ in guider.made)
    assert torch.equal(first.noise_level, canvas.noise_level[:, :, :4])
    assert (second.noise_level[:, :, :2] == 0).all()
    assert torch.equal(second.clean[:, :, :2], made[:, :, 2:4])
    assert all(len(schedule) == 7 for _, schedule, _ in guider.made)
    assert torch.equal(guider.made[0][2], initial_noise((1, 4, 4, 4, 4), 3))
    assert guider.shown == guider.calls == 2 * 6


def test_a_guider_is_made_ready_once_for_a_whole_canvas_with_the_schedule_that_it_will_see():
    canvas, guider = extend(known_beginning(), after=4), Prepared()
    denoise(guider, canvas, replace(FEW, resampling=1), patch=PATCH, seed=3)
    ((whole, schedule, noise),) = guider.made
    assert torch.equal(whole.noise_level, canvas.noise_level)
    assert len(schedule) > 7  # with the rows that are repeated
    assert torch.equal(noise, initial_noise(canvas.clean.shape, 3))
    assert guider.shown == 0  # a timestep per token shows known places by itself

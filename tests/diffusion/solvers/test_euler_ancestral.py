"""Ancestral Euler: the formula by hand, distributions with a known answer, and where the noise comes from."""

from itertools import pairwise

import pytest
import torch

from solver_trajectories import UNEVEN, latents, velocity, walk
from sora_core.canvas.abilities import text_to_video
from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.shapes import LatentShape
from sora_core.diffusion.sampler import NoiseStream, initial_noise, sample
from sora_core.diffusion.schedule import noise_schedule, shifted_sigmas
from sora_core.diffusion.solvers import Euler, EulerAncestral, Step

SHAPE = LatentShape(4, 2, 4, 6)


def noises(like: torch.Tensor, seed: int = 2):
    generator = torch.Generator().manual_seed(seed)
    return lambda: torch.randn(like.shape, generator=generator, dtype=like.dtype)


def comfyui_step(x: torch.Tensor, sigma: float, sigma_next: float, noise: torch.Tensor, eta: float) -> torch.Tensor:
    """sample_euler_ancestral_RF, from its formulas: a step down, and back up with alphas that add up to 1."""
    clean = x - sigma * velocity(x, torch.tensor(sigma, dtype=x.dtype))
    if sigma_next == 0:
        return clean
    sigma_down = sigma_next * (1 + (sigma_next / sigma - 1) * eta)
    scale = (1 - sigma_next) / (1 - sigma_down)
    added = (sigma_next**2 - (sigma_down * scale) ** 2) ** 0.5
    return scale * (sigma_down / sigma * x + (1 - sigma_down / sigma) * clean) + added * noise


@pytest.mark.parametrize("eta", [1.0, 0.5])
def test_every_step_equals_that_of_comfyui(eta):
    levels, x = shifted_sigmas(8, 3.0).double(), latents(1, 4, 6)
    path, draw = walk(EulerAncestral(eta), levels, x, noise=noises(x)), noises(x)
    for (before, after), level, next_level in zip(pairwise(path), levels, levels[1:], strict=False):
        expected = comfyui_step(before, level.item(), next_level.item(), draw(), eta)
        torch.testing.assert_close(after, expected, atol=1e-12, rtol=0)


def test_without_eta_it_is_euler():
    levels, x = shifted_sigmas(8, 3.0).double(), latents(1, 4, 6)
    ends = [walk(solver, levels, x, noise=noises(x))[-1] for solver in (EulerAncestral(eta=0), Euler())]
    torch.testing.assert_close(*ends, atol=1e-12, rtol=0)


@pytest.mark.parametrize("eta", [-0.1, 1.1, float("nan")])
def test_an_eta_out_of_range_is_refused(eta):
    with pytest.raises(ValueError, match=r"eta must be within 0\.\.1, got"):
        EulerAncestral(eta)


def test_a_place_that_stands_still_keeps_its_bits_whatever_the_noise():
    x = latents(1, 4, 1, 1, UNEVEN.shape[1]).float()
    rows = list(UNEVEN.view(-1, 1, 1, 1, 1, UNEVEN.shape[1]))
    path = walk(EulerAncestral(), rows, x, noise=noises(x))
    stood = 0
    for row, (before, after) in enumerate(pairwise(path)):
        still = UNEVEN[row] == UNEVEN[row + 1]
        assert torch.equal(before[..., still], after[..., still])
        assert bool((before[..., ~still] != after[..., ~still]).all())
        stood += int(still.sum())
    assert stood == 23
    assert torch.equal(path[-1][..., 3], x[..., 3])  # known from the beginning


def test_the_last_step_adds_no_noise():
    level, end = torch.tensor(0.3), torch.tensor(0.0)
    x = latents(1, 4, 6).float()
    made = [
        EulerAncestral().step(x, Step(velocity(x, level), level, end), None, pytest.fail, noises(x, seed))[0]
        for seed in (1, 2)
    ]
    assert torch.equal(*made)
    torch.testing.assert_close(made[0], x - 0.3 * velocity(x, level))


def to_gaussian(mean: float, deviation: float):
    """Exact velocity when the data is normal with this mean and deviation, for a uniform level [B]."""

    def guider(x: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        t = noise_level.view(-1, 1, 1, 1, 1)
        residual = (x - (1 - t) * mean) / ((1 - t) ** 2 * deviation**2 + t**2)
        return t * residual - (mean + (1 - t) * deviation**2 * residual)

    return guider


def run(guider, canvas: LatentCanvas, *, steps: int = 8, seed: int = 0) -> torch.Tensor:
    schedule = noise_schedule(shifted_sigmas(steps, 3.0), canvas.noise_level)
    stream = NoiseStream.of(canvas.clean.shape, seed)
    return sample(guider, canvas, schedule, stream.current, fresh=stream, solver=EulerAncestral())


def test_samples_have_the_mean_and_deviation_of_the_data_but_another_value_for_a_noise():
    made = run(to_gaussian(3.0, 0.5), text_to_video(SHAPE, 200), steps=200)
    assert made.mean().item() == pytest.approx(3.0, abs=0.02)
    assert made.std().item() == pytest.approx(0.5, abs=0.02)
    first = initial_noise(made.shape, 0)
    assert abs(torch.corrcoef(torch.stack([made.flatten(), first.flatten()]))[0, 1]) < 0.1


def test_a_seed_gives_the_same_bits_again_and_another_seed_does_not():
    guider, canvas = to_gaussian(0.0, 1.0), text_to_video(SHAPE)
    assert torch.equal(run(guider, canvas, seed=1), run(guider, canvas, seed=1))
    assert not torch.equal(run(guider, canvas, seed=1), run(guider, canvas, seed=2))


def test_every_step_takes_the_next_noise_of_the_stream():
    canvas, steps = text_to_video(SHAPE), 5
    stream = NoiseStream.of(canvas.clean.shape, 7)
    levels, x = shifted_sigmas(steps, 3.0), stream.current
    by_hand = walk(EulerAncestral(), levels, x, lambda x, level: velocity(x, level), lambda: next(stream))[-1]

    def guider(x: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        return velocity(x, noise_level.view(-1, 1, 1, 1, 1))

    torch.testing.assert_close(run(guider, canvas, steps=steps, seed=7), by_hand)


def test_without_fresh_noise_the_sampler_says_what_is_missing():
    canvas = text_to_video(SHAPE)
    schedule = noise_schedule(shifted_sigmas(4), canvas.noise_level)
    with pytest.raises(ValueError, match="no more of it: rises and stochastic solvers need `fresh`"):
        sample(to_gaussian(0, 1), canvas, schedule, initial_noise(canvas.clean.shape, 0), solver=EulerAncestral())

"""Steps without the model: when it is asked, and how far the result is from that of all steps."""

import pytest
import torch

from sora_core.canvas.abilities import text_to_video
from sora_core.canvas.shapes import LatentShape
from sora_core.diffusion.caching import StepCache
from sora_core.diffusion.resampling import with_resampling
from sora_core.diffusion.sampler import NoiseStream, initial_noise, sample
from sora_core.diffusion.schedule import noise_schedule, shifted_sigmas

CANVAS = text_to_video(LatentShape(2, 3, 4, 4), 2)
NOISE = initial_noise(CANVAS.clean.shape, 0)
SCHEDULE = noise_schedule(shifted_sigmas(20, 3.0), CANVAS.noise_level)


def curved(latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
    """The velocity of a model whose data are Gaussian around 1 with a deviation of 0.5."""
    level = noise_level.view(-1, 1, 1, 1, 1)
    variance = (1 - level) ** 2 * 0.25 + level**2
    return ((level - 0.25 * (1 - level)) * (latents - (1 - level)) / variance) - 1


def sampled(guider, schedule=SCHEDULE):
    return sample(guider, CANVAS, schedule, NOISE)


def test_without_tolerance_every_step_is_asked_for():
    cached = StepCache(curved, 0.0)
    assert torch.equal(sampled(cached), sampled(curved))
    assert cached.asked == cached.calls == 20


def test_more_tolerance_asks_less_and_strays_farther():
    exact = sampled(curved)
    asked, errors = [], []
    for tolerance in (0.02, 0.05, 0.1):
        cached = StepCache(curved, tolerance)
        errors.append(float((sampled(cached) - exact).norm() / exact.norm()))
        asked.append(cached.asked)
        assert cached.calls == 20
    assert asked == sorted(asked, reverse=True)
    assert errors == sorted(errors)
    assert 4 < asked[-1] < asked[0] <= 20
    assert errors[0] < 0.02
    assert errors[-1] < 0.2


def test_the_first_calls_are_always_passed_on():
    asked = []

    def guider(latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        asked.append(cached.calls)
        return curved(latents, noise_level)

    cached = StepCache(guider, 0.99, warm_up=6)
    sampled(cached)
    assert asked[:6] == [1, 2, 3, 4, 5, 6]
    assert 7 not in asked
    assert len(asked) == cached.asked < 12


def test_a_plan_that_rises_and_another_canvas_begin_anew():
    stream = NoiseStream.of(CANVAS.clean.shape, 0)
    cached = StepCache(lambda x, level: torch.zeros_like(x) + 1, 0.9, warm_up=2)
    schedule = with_resampling(noise_schedule(shifted_sigmas(8), CANVAS.noise_level), 1, parts=2)
    sample(cached, CANVAS, schedule, stream.current, fresh=stream)
    assert cached.calls == 12
    assert cached.asked == 2 * 2  # at the beginning, and where the second half is gone through again
    for level in (0.5, 0.4, 0.3):
        cached(torch.full((1, 2, 1, 4, 4), level), torch.tensor([level]))
    assert (cached.calls, cached.asked) == (15, 6)


@pytest.mark.parametrize("tolerance", [-0.1, 1.0, float("nan")])
def test_a_tolerance_out_of_range_is_refused(tolerance):
    with pytest.raises(ValueError, match=f"tolerance of step caching must be at least 0 and below 1, got {tolerance}"):
        StepCache(curved, tolerance)


def test_one_call_of_warm_up_knows_no_change_and_is_refused():
    with pytest.raises(ValueError, match="warm_up must be 2 or more, got 1"):
        StepCache(curved, 0.1, warm_up=1)

"""The loop against velocities whose flow is known in closed form."""

import pytest
import torch

from sora_core.canvas.abilities import text_to_video
from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.shapes import LatentShape
from sora_core.diffusion.sampler import NoiseStream, initial_noise, sample
from sora_core.diffusion.schedule import noise_schedule, shifted_sigmas
from sora_core.diffusion.solvers import EULER, SOLVERS, solver_named

SHAPE = LatentShape(4, 3, 4, 6)


def to_point(target: torch.Tensor):
    """Exact velocity when the data is one point, for a uniform level [B]."""
    return lambda x, level: (x - target) / level.reshape(-1, 1, 1, 1, 1)


def to_gaussian(mean: float, deviation: float):
    """Exact velocity when the data is normal with this mean and deviation, for a uniform level [B]."""

    def velocity(x, level):
        t = level.reshape(-1, 1, 1, 1, 1)
        variance = (1 - t) ** 2 * deviation**2 + t**2
        residual = (x - (1 - t) * mean) / variance
        return t * residual - (mean + (1 - t) * deviation**2 * residual)

    return velocity


def run(guider, canvas, *, steps=8, solver=EULER, seed=0, patch=(1, 2, 2), on_step=None):
    schedule = noise_schedule(shifted_sigmas(steps, 3.0), canvas.noise_level, patch)
    stream = NoiseStream.of(canvas.clean.shape, seed)
    return sample(guider, canvas, schedule, stream.current, fresh=stream, solver=solver, patch=patch, on_step=on_step)


@pytest.mark.parametrize("name", [name for name in SOLVERS if name != "heun"])  # it asks for the velocity at level 0
def test_data_of_one_point_is_recovered(name):
    target = torch.randn(1, *SHAPE)
    latents = run(to_point(target), text_to_video(SHAPE, 2), solver=solver_named(name))
    torch.testing.assert_close(latents, target.expand(2, -1, -1, -1, -1), atol=1e-5, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("euler", 400),
        ("heun", 24),
        ("adams_bashforth", 48),
        ("unipc", 24),
        ("dpmpp_2m", 24),
        ("res_multistep", 80),
    ],
)
def test_each_noise_value_lands_on_its_quantile_of_the_data(name, steps):
    latents = run(to_gaussian(3.0, 0.5), text_to_video(SHAPE), steps=steps, solver=solver_named(name), seed=3)
    expected = 3.0 + 0.5 * initial_noise((1, *SHAPE), 3)
    torch.testing.assert_close(latents, expected, atol=0.02, rtol=0)


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_latents_at_level_zero_come_back_bit_for_bit(solver):
    noise_level = torch.ones(1, 1, 3, 4, 6)
    noise_level[:, :, 0] = 0
    noise_level[:, :, 1, 0, 0] = 0  # a part of a patch
    canvas = LatentCanvas(torch.randn(1, *SHAPE), noise_level)
    latents = run(lambda x, level: torch.randn_like(x), canvas, solver=solver)
    kept = (noise_level == 0).expand_as(latents)
    assert torch.equal(latents[kept], canvas.clean[kept])
    assert bool((latents[~kept] != canvas.clean[~kept]).all())


def test_the_model_is_told_level_zero_for_frames_that_are_kept():
    noise_level = torch.ones(1, 1, 3, 4, 6)
    noise_level[:, :, 0] = 0
    seen = []

    def guider(x, level):
        seen.append(level)
        return torch.zeros_like(x)

    run(guider, LatentCanvas(torch.zeros(1, *SHAPE), noise_level), steps=2)
    torch.testing.assert_close(torch.cat(seen), torch.tensor([[0.0, 1.0, 1.0], [0.0, 0.75, 0.75]]))


def test_a_fraction_starts_from_the_source_noised_to_that_level():
    canvas = LatentCanvas(torch.randn(1, *SHAPE), torch.full((1, 1, 3, 4, 6), 0.6))
    seen = []

    def guider(x, level):
        seen.append((x, level.item()))
        return torch.zeros_like(x)

    run(guider, canvas, steps=4, seed=5)
    start, level = seen[0]
    assert level == pytest.approx(0.6)
    torch.testing.assert_close(start, 0.4 * canvas.clean + 0.6 * initial_noise((1, *SHAPE), 5))
    assert [level for _, level in seen[1:]] == pytest.approx([0.5])


def test_the_same_seed_gives_the_same_latents_and_another_seed_does_not():
    guider, canvas = to_gaussian(0.0, 1.0), text_to_video(SHAPE)
    assert torch.equal(run(guider, canvas, seed=1), run(guider, canvas, seed=1))
    assert not torch.equal(run(guider, canvas, seed=1), run(guider, canvas, seed=2))


def test_noise_of_a_seed_is_what_the_global_generator_draws():
    with torch.random.fork_rng(devices=[]):
        expected = torch.randn((1, *SHAPE), generator=torch.manual_seed(7))
    assert torch.equal(initial_noise((1, *SHAPE), 7), expected)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_rejected(seed):
    with pytest.raises(ValueError, match="seed"):
        initial_noise((1,), seed)


def test_each_step_reports_its_number_and_the_clean_estimate():
    target, seen = torch.randn(1, *SHAPE), []
    run(to_point(target), text_to_video(SHAPE), steps=3, on_step=lambda *args: seen.append(args))
    assert [(done, total) for done, total, _ in seen] == [(1, 3), (2, 3), (3, 3)]
    for _, _, estimate in seen:
        torch.testing.assert_close(estimate, target, atol=1e-5, rtol=1e-5)


def test_an_interrupt_in_the_callback_stops_before_the_next_model_call():
    calls = []

    def guider(x, level):
        calls.append(level)
        return torch.zeros_like(x)

    def interrupt(done, total, estimate):
        if done == 2:
            raise KeyboardInterrupt

    canvas = text_to_video(SHAPE)
    with pytest.raises(KeyboardInterrupt):
        run(guider, canvas, on_step=interrupt)
    assert len(calls) == 2
    assert bool((canvas.clean == 0).all())


@pytest.mark.slow
def test_the_euler_loop_equals_diffusers():
    torch.manual_seed(0)
    weight = torch.randn(4, 4) / 4
    model = lambda x, t: torch.einsum("oc,bcthw->bothw", weight, x).tanh() * (1 + t)  # noqa: E731
    ours = run(lambda x, level: model(x, level.item()), text_to_video(SHAPE), steps=10, seed=4)

    scheduler = pytest.importorskip("diffusers").FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(sigmas=torch.linspace(1, 0, 11)[:-1].tolist())
    theirs = initial_noise((1, *SHAPE), 4)
    for timestep in scheduler.timesteps:
        theirs = scheduler.step(model(theirs, timestep.item() / 1000), timestep, theirs).prev_sample
    torch.testing.assert_close(ours, theirs, atol=2e-6, rtol=1e-5)


def test_a_staggered_plan_finishes_one_frame_after_the_other():
    schedule = torch.tensor([[1.0, 1.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]).reshape(
        4, 1, 1, 3, 1, 1
    )
    canvas, seen = text_to_video(SHAPE), []

    def guider(x, level):
        seen.append(level.tolist())
        return torch.ones_like(x)

    noise = initial_noise(canvas.clean.shape, 0)
    latents = sample(guider, canvas, schedule, noise)
    assert seen == [[[1, 1, 1]], [[0, 1, 1]], [[0, 0, 1]]]
    torch.testing.assert_close(latents, noise - 1)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1, 1), (3, 1, 1, 1, 1), (3, 1, 1, 2, 1, 1), (3, 1, 4, 1, 1, 1)])
def test_a_plan_that_does_not_fit_the_canvas_is_rejected(shape):
    canvas = text_to_video(SHAPE)
    with pytest.raises(ValueError, match="schedule"):
        sample(pytest.fail, canvas, torch.zeros(shape), initial_noise(canvas.clean.shape, 0))


def test_a_plan_that_rises_is_rejected():
    canvas = text_to_video(SHAPE)
    schedule = torch.tensor([1.0, 0.5, 0.6, 0.0]).reshape(-1, 1, 1, 1, 1, 1)
    with pytest.raises(ValueError, match="never rise"):
        sample(pytest.fail, canvas, schedule, initial_noise(canvas.clean.shape, 0))


def test_noise_of_another_shape_is_rejected():
    canvas = text_to_video(SHAPE)
    schedule = noise_schedule(shifted_sigmas(2), canvas.noise_level)
    with pytest.raises(ValueError, match="noise"):
        sample(pytest.fail, canvas, schedule, initial_noise((1, 4, 3, 4, 5), 0))

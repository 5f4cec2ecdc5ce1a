"""Resampling jumps: the rows of the schedule, the way up, and what sampling makes of both."""

from itertools import pairwise

import pytest
import torch

from sora_core.canvas.abilities import text_to_video
from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.shapes import LatentShape
from sora_core.diffusion.flow import add_noise, raise_level
from sora_core.diffusion.replacement import FreshReplacementGuider, ReplacementGuider
from sora_core.diffusion.resampling import descents, with_resampling
from sora_core.diffusion.sampler import NoiseStream, initial_noise, sample
from sora_core.diffusion.schedule import noise_schedule, shifted_sigmas
from sora_core.diffusion.solvers import EULER, SOLVERS, solver_named

SHAPE = LatentShape(4, 2, 4, 6)
SCHEDULE = torch.linspace(1, 0, 5).view(-1, 1, 1, 1, 1, 1)


ANCESTRAL = solver_named("euler_ancestral")
every_solver = pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
every_ode_solver = pytest.mark.parametrize("solver", [one for one in SOLVERS.values() if one != ANCESTRAL], ids=repr)


class Gaussian:
    """Exact velocity for clips of two frames that are standard normal and alike, at levels [B] or [B T]."""

    covariance = torch.tensor([[1.0, 0.98], [0.98, 1.0]])

    def __call__(self, latents: torch.Tensor, noise_level: torch.Tensor) -> torch.Tensor:
        level = noise_level.view(latents.shape[0], -1).expand(-1, 2)
        share, noise = torch.diag_embed(1 - level), torch.diag_embed(level)  # [B T T]
        inverse = torch.linalg.inv(share @ self.covariance @ share + noise @ noise)
        weights = noise @ inverse - self.covariance @ share @ inverse  # noise - clean, as expected from x
        return torch.einsum("bts,bcshw->bcthw", weights, latents)


def half_known(batch: int = 64) -> LatentCanvas:
    """The first frame known, the second open."""
    clean = torch.zeros(batch, *SHAPE)
    clean[:, :, 0] = torch.randn(clean[:, :, 0].shape, generator=torch.Generator().manual_seed(8))
    level = torch.tensor([0.0, 1.0]).view(1, 1, 2, 1, 1).expand(batch, 1, *SHAPE[1:])
    return LatentCanvas(clean, level)


def run(canvas, jumps, *, replacing=False, guider=None, solver=EULER, seed=0, steps=20):
    schedule = with_resampling(noise_schedule(shifted_sigmas(steps, 2.0), canvas.noise_level), jumps)
    stream, guider = NoiseStream.of(canvas.clean.shape, seed), guider or Gaussian()
    guider = FreshReplacementGuider(guider, canvas, stream) if replacing else guider
    return sample(guider, canvas, schedule, stream.current, fresh=stream, solver=solver)


def disagreement(latents: torch.Tensor) -> float:
    return (latents[:, :, 1] - latents[:, :, 0]).square().mean().sqrt().item()


def test_each_part_but_the_first_is_gone_through_again():
    levels = with_resampling(SCHEDULE, 2, parts=2).flatten().tolist()
    assert levels == [1, 0.75, 0.5, 0.25, 0, 0.5, 0.25, 0, 0.5, 0.25, 0]
    assert with_resampling(SCHEDULE, 1, parts=3).flatten().tolist() == [1, 0.75, 0.5, 0.75, 0.5, 0.25, 0, 0.5, 0.25, 0]


def test_a_plan_of_few_steps_has_a_part_for_each():
    assert with_resampling(SCHEDULE[2:], 1, parts=5).flatten().tolist() == [0.5, 0.25, 0, 0.25, 0]
    assert with_resampling(SCHEDULE[3:], 4).flatten().tolist() == [0.25, 0]


def test_no_jumps_and_one_part_give_the_plan_as_it_is():
    assert with_resampling(SCHEDULE, 0) is SCHEDULE
    assert torch.equal(with_resampling(SCHEDULE, 3, parts=1), SCHEDULE)


def test_descents_put_together_are_the_plan_and_none_of_them_rises():
    schedule = with_resampling(SCHEDULE.expand(-1, 2, 1, 3, 1, 1), 2, parts=3)
    parts = descents(schedule)
    assert len(parts) == 1 + 2 * 2
    assert torch.equal(torch.cat(parts), schedule)
    assert all((after <= before).all() for part in parts for before, after in pairwise(part))


@pytest.mark.parametrize("jumps", [-1, 1.0, True])
def test_jumps_that_are_no_count_are_refused(jumps):
    with pytest.raises(ValueError, match=f"resampling must be a whole number >= 0, got {jumps}"):
        with_resampling(SCHEDULE, jumps)


def test_parts_below_one_and_a_plan_with_jumps_are_refused():
    with pytest.raises(ValueError, match="parts must be a whole number >= 1, got 0"):
        with_resampling(SCHEDULE, 1, parts=0)
    with pytest.raises(ValueError, match="got a schedule that rises already"):
        with_resampling(with_resampling(SCHEDULE, 1), 1)


def test_from_level_zero_the_way_up_is_add_noise_bit_for_bit():
    clean, noise = torch.randn(2, 10_001, 3)
    level = torch.cat([torch.linspace(0, 1, 10_000), torch.tensor([1e-12])]).unsqueeze(1)
    assert torch.equal(raise_level(clean, noise, torch.zeros_like(level), level), add_noise(clean, noise, level))


def test_a_place_whose_level_stays_keeps_its_bits():
    noisy, noise = torch.randn(2, 1001)
    level = torch.linspace(0, 1, 1001)
    assert torch.equal(raise_level(noisy, noise, level, level), noisy)


def test_the_way_up_ends_where_noising_the_clean_latents_would():
    clean, first, second = torch.randn(3, 400_000, dtype=torch.float64)
    low, high = torch.tensor(0.3, dtype=torch.float64), torch.tensor(0.8, dtype=torch.float64)
    rest = raise_level(add_noise(clean, first, low), second, low, high) - (1 - high) * clean
    assert rest.std().item() == pytest.approx(0.8, abs=0.005)
    assert (rest * clean).mean().item() == pytest.approx(0, abs=0.01)


def test_level_one_is_the_fresh_noise_alone():
    noisy, noise = torch.randn(2, 100)
    assert torch.equal(raise_level(noisy, noise, torch.tensor(0.4), torch.tensor(1.0)), noise)


@pytest.mark.parametrize(("name", "steps"), [(name, 100 if name == "euler_ancestral" else 20) for name in SOLVERS])
def test_jumps_leave_the_distribution_of_clips_as_it_is(name, steps):
    clips = run(text_to_video(SHAPE, 64), 2, solver=solver_named(name), steps=steps)
    assert clips.mean().item() == pytest.approx(0, abs=0.05)
    assert clips.std().item() == pytest.approx(1, abs=0.1)  # Euler falls short by 0.08, with jumps and without
    assert disagreement(clips) < 0.3  # sqrt(2 - 2 * 0.98) = 0.2


@pytest.mark.slow
@every_ode_solver
def test_jumps_bring_what_is_invented_closer_to_what_is_known(solver):
    """By replacing, the model sees the known frame under noise only, and ends off it; per patch it never does."""
    apart = [disagreement(run(half_known(), jumps, replacing=True, solver=solver)) for jumps in (0, 1, 3)]
    assert apart[0] > 1.3 * apart[1] > 1.3 * 1.3 * apart[2]
    for jumps in (0, 2):
        assert disagreement(run(half_known(), jumps, solver=solver)) < 0.22  # clips of the data are 0.2 apart


def test_a_stochastic_solver_shows_known_places_under_the_noise_of_each_step():
    canvas, seen = half_known(1), []
    stream = NoiseStream.of(canvas.clean.shape, 0)

    def guider(x, level):
        seen.append((x, level))
        return torch.zeros_like(x)

    schedule = noise_schedule(shifted_sigmas(4), canvas.noise_level)
    sample(
        FreshReplacementGuider(guider, canvas, stream), canvas, schedule, stream.current, fresh=stream, solver=ANCESTRAL
    )
    again = NoiseStream.of(canvas.clean.shape, 0)
    for (x, level), noise in zip(seen, [again.current, next(again), next(again), next(again)], strict=True):
        assert torch.equal(x[:, :, 0], add_noise(canvas.clean, noise, level)[:, :, 0])


def test_under_fresh_noise_in_each_step_what_is_invented_agrees_better_with_what_is_known_than_under_one():
    canvas, schedule = half_known(), noise_schedule(shifted_sigmas(20, 2.0), half_known().noise_level)
    anew = disagreement(run(canvas, 0, replacing=True, solver=ANCESTRAL))
    stream = NoiseStream.of(canvas.clean.shape, 0)
    one = ReplacementGuider(Gaussian(), canvas, stream.current)
    assert anew < 0.85 * disagreement(sample(one, canvas, schedule, stream.current, fresh=stream, solver=ANCESTRAL))
    assert anew < 0.7 * disagreement(run(canvas, 0, replacing=True))
    assert disagreement(run(canvas, 1, replacing=True, solver=ANCESTRAL)) < 0.75 * anew  # jumps still help


@pytest.mark.parametrize("replacing", [False, True])
@every_solver
def test_known_places_come_back_bit_for_bit_after_jumps(solver, replacing):
    level = torch.tensor([0.0, 1.0, 0.5]).view(1, 1, 3, 1, 1).repeat(1, 1, 1, 4, 6)
    level[..., 1, 0, 0] = 0
    canvas = LatentCanvas(torch.randn(1, 4, 3, 4, 6), level)
    latents = run(canvas, 2, replacing=replacing, guider=lambda x, level: torch.randn_like(x), solver=solver)
    held = (level == 0).expand_as(latents)
    assert torch.equal(latents[held], canvas.clean[held])
    assert bool((latents[~held] != canvas.clean[~held]).all())


def test_the_model_is_told_level_zero_for_known_frames_in_every_pass():
    seen = []

    def guider(x, level):
        seen.append(level[0].tolist())
        return torch.zeros_like(x)

    schedule = with_resampling(noise_schedule(torch.tensor([1.0, 0.5, 0.0]), half_known().noise_level), 1, parts=2)
    stream = NoiseStream.of(half_known().clean.shape, 0)
    sample(guider, half_known(), schedule, stream.current, fresh=stream)
    assert seen == [[0, 1], [0, 0.5], [0, 0.5]]


@pytest.mark.parametrize("replacing", [False, True])
def test_the_same_seed_gives_the_same_clips_with_jumps_and_another_does_not(replacing):
    one, again, other = (run(half_known(2), 2, replacing=replacing, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_the_noises_of_a_seed_are_one_stream_that_begins_with_the_initial_noise():
    stream = NoiseStream.of((2, 3), 7)
    first, second = stream.current, next(stream)
    assert torch.equal(first, initial_noise((2, 3), 7))
    assert torch.equal(second, stream.current)
    assert torch.equal(second, torch.randn(2, 2, 3, generator=torch.Generator().manual_seed(7))[1])


def test_after_a_jump_known_places_are_shown_under_its_noise():
    canvas, seen = half_known(1), []
    stream = NoiseStream.of(canvas.clean.shape, 0)

    def guider(x, level):
        seen.append((x, level))
        return torch.zeros_like(x)

    schedule = with_resampling(noise_schedule(torch.tensor([1.0, 0.5, 0.0]), canvas.noise_level), 1, parts=2)
    sample(FreshReplacementGuider(guider, canvas, stream), canvas, schedule, stream.current, fresh=stream)
    first, second = initial_noise(canvas.clean.shape, 0), stream.current
    for (x, level), noise in zip(seen, (first, first, second), strict=True):
        assert torch.equal(x[:, :, 0], add_noise(canvas.clean, noise, level)[:, :, 0])


@every_ode_solver
def test_after_a_jump_a_solver_starts_as_if_nothing_had_been_before(solver):
    canvas, schedule = text_to_video(SHAPE), with_resampling(SCHEDULE, 1, parts=2)
    before, after = descents(schedule)
    stream = NoiseStream.of(canvas.clean.shape, 3)
    noise, fresh = stream.current, next(stream)
    first = sample(Gaussian(), canvas, before, noise, solver=solver)
    raised = raise_level(first, fresh, before[-1], after[0])
    second = sample(Gaussian(), canvas, after, raised / after[0], solver=solver)  # of a clean canvas of zeros
    both = sample(Gaussian(), canvas, schedule, noise, fresh=iter([fresh]), solver=solver)
    torch.testing.assert_close(both, second)


def test_steps_are_counted_without_the_jumps():
    seen, canvas, stream = [], text_to_video(SHAPE), NoiseStream.of((1, *SHAPE), 0)
    schedule = with_resampling(SCHEDULE, 1, parts=2)
    sample(Gaussian(), canvas, schedule, stream.current, fresh=stream, on_step=lambda *step: seen.append(step[:2]))
    assert seen == [(number, 6) for number in range(1, 7)]


@pytest.mark.parametrize("fresh", [[], [torch.zeros(1, 4, 2, 4, 5)], [torch.zeros(1)]])
def test_fresh_noise_that_runs_out_or_has_another_shape_is_refused(fresh):
    canvas = text_to_video(SHAPE)
    with pytest.raises(ValueError, match=r"noise must be \(1, 4, 2, 4, 6\) like the canvas, got"):
        sample(Gaussian(), canvas, with_resampling(SCHEDULE, 1), initial_noise((1, *SHAPE), 0), fresh=iter(fresh))


def test_a_step_that_rises_here_and_falls_there_is_refused():
    schedule = torch.tensor([[1.0, 0.5], [0.5, 1.0], [0.0, 0.0]]).view(3, 1, 1, 2, 1, 1)
    stream = NoiseStream.of((1, *SHAPE), 0)
    with pytest.raises(ValueError, match="rise at some places and fall at others"):
        sample(pytest.fail, text_to_video(SHAPE), schedule, stream.current, fresh=stream)


def test_new_noise_after_each_rise_ends_nearer_to_the_known_frame_than_one_noise():
    """The figures of docs/experiments/resampling.md."""
    canvas = half_known()
    schedule = with_resampling(noise_schedule(shifted_sigmas(20, 2.0), canvas.noise_level), 2)
    stream = NoiseStream.of(canvas.clean.shape, 0)
    guider = ReplacementGuider(Gaussian(), canvas, stream.current)
    one_noise = disagreement(sample(guider, canvas, schedule, stream.current, fresh=stream))
    plain, new_noise = (disagreement(run(canvas, times, replacing=True)) for times in (0, 2))
    assert [plain, one_noise, new_noise] == pytest.approx([0.62, 0.33, 0.26], abs=0.005)

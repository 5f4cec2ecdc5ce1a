"""A sampling job: the noise of every host, sigmas that end above 0, and what it refuses."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack

jobs = import_from_pack("nodes.host.job")
SamplingOptions = import_from_pack("sora_core.diffusion.options").SamplingOptions
initial_noise = import_from_pack("sora_core.diffusion.sampler").initial_noise
solvers = import_from_pack("sora_core.diffusion.solvers").SOLVERS
SHAPE = (2, 4, 3, 2, 2)


def job(noise_level: float = 1.0, places: tuple[int, ...] | None = None, **options):
    text = [[torch.zeros(1, 2, 4), {}]]
    level = torch.full((2, 1, 3, 2, 2), noise_level)
    return jobs.SamplingJob(text, text, torch.zeros(SHAPE), level, 7, SamplingOptions(**options), places)


def standing_still(latents, noise_level):
    return torch.zeros_like(latents)


def test_noise_is_that_of_the_seed():
    assert torch.equal(job().noise(), initial_noise(SHAPE, 7))


def test_a_clip_gets_the_noise_of_its_place_in_the_batch_that_it_was_taken_from():
    whole = torch.cat([initial_noise((1, *SHAPE[1:]), 7), *[torch.empty(0, *SHAPE[1:])]])
    taken = job(places=(0, 2)).noise()
    assert torch.equal(taken[:1], whole)
    assert torch.equal(taken, job(places=(0, 2)).noise())
    assert not torch.equal(taken[1], taken[0])


def test_sigmas_that_end_above_zero_are_scaled_as_the_host_scales_them():
    """A model without velocity leaves the noise as it is; the host divides what is left by 1 - sigma."""
    made = job(sigmas=(1.0, 0.75, 0.5)).run(standing_still, torch.zeros(SHAPE), None)
    torch.testing.assert_close(made, 2 * initial_noise(SHAPE, 7))


def test_sigmas_that_end_at_zero_are_not_scaled():
    made = job(sigmas=(1.0, 0.5, 0.0)).run(standing_still, torch.zeros(SHAPE), None)
    assert torch.equal(made, initial_noise(SHAPE, 7))


def test_known_latents_are_never_scaled():
    clean = torch.randn(SHAPE)
    assert torch.equal(job(noise_level=0.0, sigmas=(1.0, 0.5)).run(standing_still, clean, None), clean)


@pytest.mark.parametrize(
    ("options", "again"),
    [({}, False), ({"solver": solvers["euler_ancestral"]}, True), ({"resampling": 2}, False)],
    ids=["plain", "ancestral", "resampling where nothing is known"],
)
def test_whether_noise_is_drawn_more_than_once(options, again):
    assert job(**options).draws_again() is again


def test_a_model_that_diverges_is_told():
    with pytest.raises(FloatingPointError, match="values that are not finite"):
        job(steps=1).run(lambda x, level: x * float("inf"), torch.zeros(SHAPE), None)


def test_noise_levels_keep_their_precision_beside_half_precision_latents():
    clean = torch.zeros(1, 4, 1, 2, 2, dtype=torch.bfloat16)
    level = torch.full((1, 1, 1, 2, 2), 0.7)
    jobs = import_from_pack("nodes.host.job")
    options = import_from_pack("sora_core.diffusion.options").SamplingOptions(steps=4, guidance=1.0)
    job = jobs.SamplingJob([], [], clean, level, 0, options)
    seen = []

    def guider(latents, noise_level):
        seen.append(noise_level)
        return torch.zeros_like(latents)

    job.run(guider, clean, (1, 2, 2))
    assert torch.equal(seen[0], torch.tensor([0.7]))  # in bfloat16 it would be 0.69921875

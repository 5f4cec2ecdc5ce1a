"""A sampling job: the noise of every host, sigmas that end above 0, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from headless.pack import import_from_pack

jobs = import_from_pack("nodes.host.job")
streams = import_from_pack("nodes.host.streams")
sampler = import_from_pack("sora_core.diffusion.sampler")
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


@pytest.mark.parametrize("windows", [None, "SlidingWindow"])
def test_a_share_makes_places_free_that_are_blended_but_is_a_noise_level_in_windows(windows):
    way = getattr(import_from_pack("sora_core.diffusion.windows"), windows)(2, 3) if windows else None
    level = torch.tensor([0.0, 0.25, -1.0]).view(1, 1, 3, 1, 1).expand(2, 1, 3, 2, 2)
    share = torch.where(level == 0, 1.0, level)
    guides = [[torch.zeros(1, 2, 4), {"keyframe_idxs": torch.zeros(1, 3, 8, 2)}]]
    plain = replace(job(windows=way), noise_level=level, positive=guides)
    blended = plain.blended(share)
    if windows:
        assert blended.share is None
        assert blended.noise_level[0, 0, :, 0, 0].tolist() == [0.0, 0.25, 0.0]
    else:
        assert torch.equal(blended.share, share)
        assert blended.noise_level[0, 0, :, 0, 0].tolist() == [0.0, 1.0, 0.0]
        assert torch.equal(blended.host_levels(), level)
    assert plain.blended(None) is plain


@pytest.mark.parametrize("value", [1.5, -0.5, float("nan")])
def test_a_share_out_of_range_is_refused_as_the_noise_mask_that_it_was(value):
    with pytest.raises(ValueError, match=r"got a noise_mask of values in .*, expected 0\.\.1"):
        job().blended(torch.full((2, 1, 3, 2, 2), value))


def test_a_host_is_told_which_places_are_known_and_nothing_where_none_is():
    assert job().host_levels() is None
    assert job(noise_level=0.5).host_levels() is None  # SDEdit: all is sampled
    held = torch.ones(2, 1, 3, 2, 2)
    held[:, :, 0], held[:, :, 1] = 0, 0.5
    assert torch.equal(replace(job(), noise_level=held).host_levels(), (held > 0).float())


def test_blended_places_are_sampled_towards_the_latents():
    clean = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    share = torch.full((2, 1, 3, 2, 2), 0.25)
    held = job(steps=4, guidance=1.0).blended(share).run(lambda x, level: x, clean, None)
    free = job(steps=4, guidance=1.0).run(lambda x, level: x, clean, None)
    assert (held - clean).abs().mean() < 0.5 * (free - clean).abs().mean()


def test_the_initial_noise_may_come_from_the_host():
    given = torch.full(SHAPE, 0.5)
    made = job(sigmas=(1.0, 0.5, 0.0)).run(standing_still, torch.zeros(SHAPE), None, noise=given)
    assert torch.equal(made, given)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("keyframe_idxs", torch.zeros(1, 3, 8, 2), "guides of LTXV Add Guide.*Sora Keyframe"),
        ("audio_embed", torch.zeros(1, 2, 9), r"the sound of the whole clip \(audio_embed\)"),
        ("audio_embed", torch.zeros(1, 2, 4, 9), r"the sound of the whole clip \(audio_embed\)"),
        ("control", object(), "a ControlNet"),
        ("control_video", torch.zeros(1, 4, 9, 2, 2), r"does not fit a window \(control_video\)"),
        ("refs", [{"latent": torch.zeros(1, 4, 9, 2, 2)}], r"does not fit a window \(refs\)"),
        ("camera", torch.zeros(1, 4, 9, 2), r"does not fit a window \(camera\)"),
    ],
)
def test_a_conditioning_of_the_whole_clip_is_refused_by_name_in_more_than_one_window(name, value, words):
    sliding = import_from_pack("sora_core.diffusion.windows").SlidingWindow
    held = [[torch.zeros(1, 2, 4), {name: value, "attention_mask": torch.ones(1, 2)}]]
    with pytest.raises(ValueError, match=words):
        replace(job(windows=sliding(1, 1)), positive=held).check_windows(None)
    replace(job(windows=sliding(1, 2)), positive=held).check_windows(None)  # one window is the whole clip
    replace(job(windows=sliding(1, 1)), positive=[[held[0][0], {name: None}]]).check_windows(None)


SOUND = (2, 8, 5, 16)


def joint(level: float = 1.0, **options):
    sound = streams.Stream(torch.zeros(SOUND), torch.full((2, 1, *SOUND[2:]), level))
    return replace(job(**options), sound=sound)


def test_noise_of_the_sound_is_drawn_after_that_of_the_frames():
    source = sampler.NoiseSource(7)
    picture, sound = joint().noises()
    assert torch.equal(picture, source.draw(SHAPE))
    assert torch.equal(sound, source.draw(SOUND))
    assert torch.equal(joint().noise(), joint().packing().pack([picture, sound]))


def test_frames_and_sound_are_sampled_in_one_row_and_known_sound_stays_bit_for_bit():
    one = joint(level=0.0)
    clean = one.packing().pack([torch.zeros(SHAPE), torch.randn(SOUND)])
    seen = []
    made = one.run(standing_still, clean, None, lambda done, total, estimate: seen.append(estimate.shape))
    picture, sound = one.packing().unpack(made)
    assert torch.equal(picture, one.noises()[0])
    assert torch.equal(sound, one.packing().unpack(clean)[1])
    assert set(seen) == {SHAPE}


def test_the_host_reads_levels_of_both():
    assert joint().stream_levels() is None
    picture, sound = joint(level=0.0).stream_levels()
    assert bool((picture == 1).all())
    assert bool((sound == 0).all())


def test_shares_of_one_stream_leave_the_other_as_it_is():
    share = torch.full((2, 1, *SOUND[2:]), 0.5)
    one = joint(level=0.5)
    one = replace(one, sound=one.sound.blended(share))
    made = one.run(standing_still, one.packing().pack([torch.zeros(SHAPE), torch.ones(SOUND)]), None)
    picture, sound = one.packing().unpack(made)
    assert torch.equal(picture, one.noises()[0])
    assert not torch.equal(sound, one.noises()[1])


def test_a_window_that_rolls_does_not_take_sound():
    rolling = import_from_pack("sora_core.diffusion.windows").RollingWindow(1, 1)
    with pytest.raises(ValueError, match="frames and sound together, which Sora Rolling Window does not divide"):
        joint(windows=rolling).check_windows((1, 1, 1))


def test_in_windows_shares_of_sound_are_noise_levels():
    windows = import_from_pack("sora_core.diffusion.windows").SlidingWindow(1, 1)
    share = torch.full((2, 1, *SOUND[2:]), 0.5)
    one = joint(windows=windows)
    levels = replace(one, sound=one.sound.blended(share)).blended(None).sound
    assert levels.share is None
    assert torch.equal(levels.noise_level, share)


def test_frames_and_sound_are_sampled_in_windows_and_previews_show_frames():
    grids, times = import_from_pack("sora_core.canvas.sound_grid"), import_from_pack("sora_core.canvas.time_grid")
    windows = import_from_pack("sora_core.diffusion.windows").SlidingWindow(1, 1)
    cuts = grids.SoundCuts(grids.SoundGrid(8, 16, False, 25.0), times.CausalGrid(2), 3, 5)
    one = replace(joint(windows=windows), cuts=cuts)
    clean, seen, rows = one.packing().pack([torch.zeros(SHAPE), torch.zeros(SOUND)]), [], []

    def guider(latents, noise_level):
        rows.append(latents.shape)
        return standing_still(latents, noise_level)

    made = one.run(guider, clean, None, lambda done, total, estimate: seen.append((done, total, estimate.shape)))
    picture, sound = one.packing().unpack(made)
    source = sampler.NoiseSource(7)
    first, heard = source.draw((2, 4, 2, 2, 2)), source.draw((2, 8, 3, 16))
    assert torch.equal(picture[:, :, :2], first)
    assert torch.equal(sound[:, :, :3], heard)
    assert torch.equal(picture[:, :, 2:], source.draw((2, 4, 2, 2, 2))[:, :, 1:])
    assert torch.equal(sound[:, :, 3:], source.draw((2, 8, 3, 16))[:, :, 1:])
    steps = one.options.total_steps
    assert [(done, total) for done, total, _ in seen] == [(done + 1, 2 * steps) for done in range(2 * steps)]
    assert {shape for *_, shape in seen} == {(2, 4, 2, 2, 2)}
    assert set(rows) == {(2, 1, 1, 1, 4 * 8 + 8 * 3 * 16)}

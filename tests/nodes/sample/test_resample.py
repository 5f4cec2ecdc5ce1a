"""How Sora Sampler holds what is known, with either kind of model; Sora Resample and Sora History Guidance."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from headless.pack import import_from_pack

LatentCanvas = import_from_pack("sora_core.canvas.latent_canvas").LatentCanvas
video_latent = import_from_pack("nodes.io.adapters").video_latent
PER_PATCH = "Known parts are kept per token: this MODEL takes a timestep for each"
REPLACING = "Known parts are kept by replacement: this MODEL takes one timestep for the clip"


def run(node, **inputs):
    return node.execute(**inputs).args


@pytest.fixture
def model(nodes):
    return run(nodes["SoraLoadModel"], model="tiny")[0]


@pytest.fixture
def one_level(model):
    """From now on the model is one that has learnt one level for the clip."""
    model.dit.config = replace(model.dit.config, per_token_timesteps=False)


@pytest.fixture
def sample(nodes):
    """Runs Sora Sampler on a canvas of three latent frames: sample(model, noise levels of the frames) -> latents."""
    clip = run(nodes["SoraLoadModel"], model="tiny")[1]
    positive, negative = (run(nodes["SoraEncodeText"], clip=clip, text=text)[0] for text in ("a red circle", ""))
    clean = torch.randn(1, 4, 3, 4, 4, generator=torch.Generator().manual_seed(0))

    def run_sampler(model, levels=(0.0, 1.0, 1.0), *, seed=1, steps=4):
        level = torch.tensor(levels).view(1, 1, 3, 1, 1).expand(1, 1, 3, 4, 4)
        latent = video_latent(LatentCanvas(clean, level))
        options = {"seed": seed, "steps": steps, "guidance": 2.0, "shift": 3.0}
        conditions = {"positive": positive, "negative": negative}
        made = run(nodes["SoraSampler"], model=model, latent=latent, **conditions, **options)[0]["samples"]
        torch.testing.assert_close(made[level.expand_as(made) == 0], clean[level.expand_as(made) == 0])
        return made

    return run_sampler


def resample(nodes, model, jumps):
    return run(nodes["SoraResample"], model=model, jumps=jumps)[0]


def test_a_model_with_a_level_per_patch_holds_per_patch_and_the_user_is_told(model, sample, said):
    sample(model)
    assert said == [f"{PER_PATCH}."]


def test_a_model_of_one_level_holds_by_replacing_and_the_user_is_told(model, sample, said, one_level):
    sample(model)
    assert said == [f"{REPLACING}."]


def test_the_two_ways_give_different_videos_that_both_keep_what_is_known(model, sample, request):
    per_patch = sample(model)
    request.getfixturevalue("one_level")
    assert (sample(model) - per_patch).abs().max() > 0.01


@pytest.mark.parametrize("levels", [(1.0, 1.0, 1.0), (0.75, 0.75, 0.75), (0.0, 0.0, 0.0)])
def test_where_nothing_is_known_beside_something_open_nothing_is_said(model, sample, said, levels):
    sample(model, levels)
    assert said == []


def test_a_place_known_in_part_is_held_as_well(model, sample, said):
    sample(model, (0.5, 1.0, 1.0))
    assert said == [f"{PER_PATCH}."]


@pytest.mark.parametrize(("jumps", "times"), [(1, "1 more time"), (3, "3 more times")])
def test_jumps_are_told(nodes, model, sample, said, jumps, times):
    sample(resample(nodes, model, jumps))
    assert said == [f"{PER_PATCH}; each part of the schedule but the first is sampled {times}."]


def test_jumps_without_anything_to_agree_with_change_nothing_and_the_user_is_told(nodes, model, sample, said):
    everything = (1.0, 1.0, 1.0)
    plain = sample(model, everything)
    assert torch.equal(sample(resample(nodes, model, 2), everything), plain)
    assert said == ["Sora Resample has no effect: the noise level of this canvas is the same everywhere."]


def test_two_notices_are_said_at_once(nodes, model, said):
    jobs, notices = import_from_pack("nodes.host.job"), import_from_pack("nodes.host.notices")
    same = [[torch.zeros(1, 2, 4), {}]]
    level = torch.tensor([0.0, 1.0]).view(1, 1, 2, 1, 1)
    job = jobs.SamplingJob(same, same, torch.zeros(1, 4, 2, 1, 1), level, seed=0)
    assert notices.job_notices(job, None) == [
        "Positive and negative prompt are the same: guidance has no effect.",
        f"{REPLACING}.",
    ]


@pytest.mark.parametrize("ability", ["per patch", "one level"])
def test_jumps_change_what_is_invented_and_a_seed_still_gives_one_video(nodes, model, sample, request, ability):
    if ability == "one level":
        request.getfixturevalue("one_level")
    plain, jumping = sample(model), resample(nodes, model, 2)
    made = sample(jumping)
    assert torch.equal(sample(jumping), made)
    assert (made - plain)[:, :, 1:].abs().max() > 0.01
    assert (sample(jumping, seed=2) - made)[:, :, 1:].abs().max() > 0.01
    assert torch.equal(sample(model), plain), "the model that was given has changed"


def test_no_jumps_are_off_bit_for_bit_and_the_last_wish_counts(nodes, model, sample):
    plain = sample(model)
    assert torch.equal(sample(resample(nodes, model, 0)), plain)
    assert torch.equal(sample(resample(nodes, resample(nodes, model, 3), 0)), plain)


def test_the_bar_counts_the_steps_that_were_asked_for(nodes, model, sample, monkeypatch):
    shown = []
    progress = import_from_pack("headless.host").HeadlessProgress
    monkeypatch.setattr(progress, "update", lambda self, done, preview=None: shown.append(done))
    sample(resample(nodes, model, 2), steps=8)
    assert len(shown) == 8 + 2 * 7
    assert shown == sorted(shown)
    assert shown[-1] == 8


def test_jumps_below_zero_are_refused(nodes, model):
    with pytest.raises(ValueError, match="resampling must be a whole number >= 0, got -1"):
        resample(nodes, model, -1)


def follow(nodes, model, scale=1.5, above=0.9):
    return run(nodes["SoraHistoryGuidance"], model=model, scale=scale, above=above)[0]


def test_what_is_known_is_followed_and_the_user_is_told(nodes, model, sample, said):
    plain = sample(model)
    made = sample(follow(nodes, model))
    assert (made - plain)[:, :, 1:].abs().max() > 0.01
    assert said[1:] == [f"{PER_PATCH}; history guidance is 1.5."]
    assert torch.equal(sample(model), plain), "the model that was given has changed"


def test_a_scale_of_one_is_off_bit_for_bit(nodes, model, sample, said):
    assert torch.equal(sample(follow(nodes, follow(nodes, model), 1.0)), sample(model))
    assert said == [f"{PER_PATCH}."] * 2


def test_a_model_of_one_level_cannot_follow_and_the_user_is_told(nodes, model, sample, said, one_level):
    plain = sample(model)
    assert torch.equal(sample(follow(nodes, model)), plain)
    assert said[1:] == [f"{REPLACING}. Sora History Guidance has no effect: the model takes one timestep for the clip."]


def test_where_nothing_is_known_neither_wish_has_an_effect_and_the_user_is_told(nodes, model, sample, said):
    everything = (1.0, 1.0, 1.0)
    plain = sample(model, everything)
    assert torch.equal(sample(follow(nodes, resample(nodes, model, 1)), everything), plain)
    why = "has no effect: the noise level of this canvas is the same everywhere."
    assert said == [f"Sora Resample {why} Sora History Guidance {why}"]


def test_windows_follow_what_they_have_made(nodes, model, sample):
    windows = run(nodes["SoraWindows"], model=model, context=1, new=1, noise=0.0)[0]
    everything = (1.0, 1.0, 1.0)
    plain, made = sample(windows, everything), sample(follow(nodes, windows), everything)
    assert torch.equal(plain[:, :, :2], made[:, :, :2])
    assert (plain - made)[:, :, 2].abs().max() > 0.01


@pytest.mark.parametrize(("scale", "above"), [(-1.0, 0.9), (1.5, 1.5)])
def test_guidance_out_of_range_is_refused(nodes, model, scale, above):
    with pytest.raises(ValueError, match="guidance"):
        follow(nodes, model, scale, above)


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        ((0.0, 0.6, 0.6), "this canvas begins at a noise level of 0.6, below 0.9"),
        ((0.5, 1.0, 1.0), "no part of this canvas has noise level 0"),
    ],
)
def test_where_nothing_known_is_followed_the_user_is_told_why(nodes, model, sample, said, levels, why):
    plain = sample(model, levels)
    assert torch.equal(sample(follow(nodes, model), levels), plain)
    assert said[1:] == [f"{PER_PATCH}. Sora History Guidance has no effect: {why}."]


def test_guidance_that_is_off_is_no_wish(nodes, model):
    host = import_from_pack("nodes.host").current()
    assert host.sampling_options(follow(nodes, model, 1.0, 0.5)) == host.sampling_options(model)

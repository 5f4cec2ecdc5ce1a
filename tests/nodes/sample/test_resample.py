"""How Sora Sampler holds what is known, with either kind of model; Sora Resample and Sora History Guidance."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from headless.pack import import_from_pack

LatentCanvas = import_from_pack("sora_core.canvas.latent_canvas").LatentCanvas
video_latent = import_from_pack("nodes.io.adapters").video_latent


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


def test_the_two_ways_give_different_videos_that_both_keep_what_is_known(model, sample, request):
    per_patch = sample(model)
    request.getfixturevalue("one_level")
    assert (sample(model) - per_patch).abs().max() > 0.01


@pytest.mark.parametrize("levels", [(1.0, 1.0, 1.0), (0.75, 0.75, 0.75), (0.0, 0.0, 0.0)])
def test_where_nothing_is_known_beside_something_open_nothing_is_said(model, sample, said, levels):
    sample(model, levels)
    assert said == []


def test_jumps_without_anything_to_agree_with_change_nothing_and_the_user_is_told(nodes, model, sample, said):
    everything = (1.0, 1.0, 1.0)
    plain = sample(model, everything)
    assert torch.equal(sample(resample(nodes, model, 2), everything), plain)
    assert said == ["Sora Resample does nothing: no part is known."]


def test_two_notices_are_said_at_once():
    jobs, notices = import_from_pack("nodes.host.job"), import_from_pack("nodes.host.notices")
    same = [[torch.zeros(1, 2, 4), {}]]
    options = import_from_pack("sora_core.diffusion.options").SamplingOptions(resampling=1)
    job = jobs.SamplingJob(same, same, torch.zeros(1, 4, 2, 1, 1), torch.ones(1, 1, 2, 1, 1), 0, options)
    assert notices.job_notices(job, None) == [
        "Positive and negative are equal: guidance does nothing.",
        "Sora Resample does nothing: no part is known.",
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


def test_what_is_known_is_followed(nodes, model, sample, said):
    plain = sample(model)
    made = sample(follow(nodes, model))
    assert (made - plain)[:, :, 1:].abs().max() > 0.01
    assert said == []
    assert torch.equal(sample(model), plain), "the model that was given has changed"


def test_a_scale_of_one_is_off_bit_for_bit(nodes, model, sample, said):
    assert torch.equal(sample(follow(nodes, follow(nodes, model), 1.0)), sample(model))
    assert said == []


def test_a_model_of_one_level_cannot_follow_and_the_user_is_told(nodes, model, sample, said, one_level):
    plain = sample(model)
    assert torch.equal(sample(follow(nodes, model)), plain)
    assert said == ["History guidance does nothing: one timestep per clip."]


def test_where_nothing_is_known_neither_wish_has_an_effect_and_the_user_is_told(nodes, model, sample, said):
    everything = (1.0, 1.0, 1.0)
    plain = sample(model, everything)
    assert torch.equal(sample(follow(nodes, resample(nodes, model, 1)), everything), plain)
    assert said == [f"{name} does nothing: no part is known." for name in ("Sora Resample", "History guidance")]


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
        ((0.0, 0.6, 0.6), "it starts at 0.6 < 0.9"),
        ((0.5, 1.0, 1.0), "nothing is kept whole"),
    ],
)
def test_where_nothing_known_is_followed_the_user_is_told_why(nodes, model, sample, said, levels, why):
    plain = sample(model, levels)
    assert torch.equal(sample(follow(nodes, model), levels), plain)
    assert said == [f"History guidance does nothing: {why}."]


def test_guidance_that_is_off_is_no_wish(nodes, model):
    host = import_from_pack("nodes.host").current()
    assert host.sampling_options(follow(nodes, model, 1.0, 0.5)) == host.sampling_options(model)

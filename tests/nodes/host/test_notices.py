"""What the user is told of a job: one sentence for each thing, and none where there is nothing to say."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack

jobs, notices = import_from_pack("nodes.host.job"), import_from_pack("nodes.host.notices")
windows, history = import_from_pack("sora_core.diffusion.windows"), import_from_pack("sora_core.diffusion.history")
SamplingOptions = import_from_pack("sora_core.diffusion.options").SamplingOptions
PATCH = (1, 2, 2)


def job(*, known=(), clips=1, places=None, texts=(0.0, 1.0), **options):
    """Nine latent frames, of which some are known."""
    latents, level = torch.zeros(clips, 4, 9, 2, 2), torch.ones(clips, 1, 9, 2, 2)
    level[:, :, list(known)] = 0
    positive, negative = ([[torch.full((1, 2, 4), value), {}]] for value in texts)
    return jobs.SamplingJob(positive, negative, latents, level, 0, SamplingOptions(**options), places)


@pytest.mark.parametrize(
    ("own", "given", "told"),
    [((8.0, True), 5.0, True), ((8.0, True), 8.0, False), ((8.0, True), 0.0, False), ((8.0, False), 5.0, False)],
)
def test_a_shift_is_spoken_of_where_it_stands_in_place_of_one_that_a_node_has_set(own, given, told):
    said = notices.shift_notice(notices.Shift(*own), given)
    assert said == (
        "The shift of 5 of Sora Sampler overrides the 8 that was set on the MODEL; set it to 0 to use the MODEL's."
        if told
        else ""
    )


def test_of_an_empty_canvas_nothing_is_said():
    assert notices.job_notices(job(), PATCH) == notices.job_notices(job(), None) == []


def test_equal_prompts_steer_nothing_unless_nothing_is_guided():
    assert notices.job_notices(job(texts=(1.0, 1.0), guidance=3.0), PATCH) == [
        "Positive and negative prompt are the same: guidance has no effect."
    ]
    assert notices.job_notices(job(texts=(1.0, 1.0), guidance=1.0), PATCH) == []


@pytest.mark.parametrize(("patch", "way"), [(PATCH, notices.PER_TOKEN), (None, notices.BY_REPLACEMENT)])
@pytest.mark.parametrize(
    ("resampling", "again"),
    [
        (0, ""),
        (1, "; each part of the schedule but the first is sampled 1 more time"),
        (3, "; each part of the schedule but the first is sampled 3 more times"),
    ],
)
def test_how_known_parts_are_kept_is_told_with_what_is_sampled_again(patch, way, resampling, again):
    assert notices.job_notices(job(known=[0], resampling=resampling), patch) == [f"Known parts are kept {way}{again}."]


def test_what_has_no_effect_where_nothing_is_known_is_told():
    guided = history.HistoryGuidance(2.0)
    assert notices.job_notices(job(resampling=1, history=guided), PATCH) == [
        f"Sora Resample has no effect: {notices.NOTHING_KNOWN}.",
        f"Sora History Guidance has no effect: {notices.NOTHING_KNOWN}.",
    ]


def test_guidance_by_history_is_told_where_it_has_an_effect_and_why_where_it_has_none():
    guided = job(known=[0], history=history.HistoryGuidance(2.0))
    assert notices.job_notices(guided, PATCH) == [f"Known parts are kept {notices.PER_TOKEN}; history guidance is 2."]
    assert notices.job_notices(guided, None) == [
        f"Known parts are kept {notices.BY_REPLACEMENT}.",
        "Sora History Guidance has no effect: the model takes one timestep for the clip.",
    ]


def test_windows_are_counted():
    said = notices.job_notices(job(windows=windows.SlidingWindow(2, 3)), PATCH)
    assert said[0] == "The 9 latent frames are sampled in 3 windows."


@pytest.mark.parametrize(
    ("places", "resampling", "told"), [((2,), 1, True), ((0,), 1, False), (None, 1, False), ((2,), 0, False)]
)
def test_places_that_are_not_read_are_told(places, resampling, told):
    said = notices.job_notices(job(known=[0], places=places, resampling=resampling), PATCH)
    assert any("batch_index of the latent is ignored" in text for text in said) is told


def test_a_size_and_a_length_far_from_training_are_told_once_each():
    known = import_from_pack("sora_core.models.trained_on").TrainedOn(sizes=((64, 64),), frames=17)
    size, length = notices.job_notices(job(), PATCH, None, known)
    assert size.startswith("16x16 is far from the sizes that this model was trained at (64x64)")
    assert length.startswith("33 frames at once are far more than the 17 that this model was trained on")


def test_windows_as_long_as_in_training_make_any_length_usual():
    known = import_from_pack("sora_core.models.trained_on").TrainedOn(frames=17)
    in_windows = job(windows=windows.SlidingWindow(2, 3))
    assert notices.job_notices(in_windows, PATCH, None, known) == notices.job_notices(in_windows, PATCH)


def test_a_share_that_windows_read_as_a_noise_level_is_told():
    share = torch.full((1, 1, 9, 2, 2), 0.5)
    plain = job()
    assert notices.share_notice(plain, None) == notices.share_notice(plain.blended(share), share) == ""
    in_windows = job(windows=windows.SlidingWindow(2, 3))
    said = notices.share_notice(in_windows.blended(share), share)
    assert said.startswith("In windows a noise_mask between 0 and 1 is the noise level to start from;")

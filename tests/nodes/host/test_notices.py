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
    assert said == ("Shift 5 replaces the 8 of the MODEL; 0 keeps it." if told else "")


def test_of_an_empty_canvas_nothing_is_said():
    assert notices.job_notices(job(), PATCH) == notices.job_notices(job(), None) == []


def test_equal_prompts_steer_nothing_unless_nothing_is_guided():
    assert notices.job_notices(job(texts=(1.0, 1.0), guidance=3.0), PATCH) == [
        "Positive and negative are equal: guidance does nothing."
    ]
    assert notices.job_notices(job(texts=(1.0, 1.0), guidance=1.0), PATCH) == []


@pytest.mark.parametrize("patch", [PATCH, None])
def test_known_parts_and_options_that_act_on_them_need_no_word(patch):
    assert notices.job_notices(job(known=[0], resampling=3), patch) == []
    assert notices.job_notices(job(known=[0], history=history.HistoryGuidance(2.0)), PATCH) == []


def test_what_has_no_effect_where_nothing_is_known_is_told():
    guided = history.HistoryGuidance(2.0)
    assert notices.job_notices(job(resampling=1, history=guided), PATCH) == [
        "Sora Resample does nothing: no part is known.",
        "History guidance does nothing: no part is known.",
    ]


def test_why_guidance_by_history_has_no_effect_is_told():
    guided = job(known=[0], history=history.HistoryGuidance(2.0))
    assert notices.job_notices(guided, None) == ["History guidance does nothing: one timestep per clip."]


def test_windows_are_counted():
    said = notices.job_notices(job(windows=windows.SlidingWindow(2, 3)), PATCH)
    assert said == ["Sampled in 3 windows."]


@pytest.mark.parametrize(
    ("places", "resampling", "told"), [((2,), 1, True), ((0,), 1, False), (None, 1, False), ((2,), 0, False)]
)
def test_places_that_are_not_read_are_told(places, resampling, told):
    said = notices.job_notices(job(known=[0], places=places, resampling=resampling), PATCH)
    assert any("batch_index is not used" in text for text in said) is told


def test_a_size_and_a_length_far_from_training_are_told_once_each():
    known = import_from_pack("sora_core.models.trained_on").TrainedOn(sizes=((64, 64),), frames=17)
    size, length = notices.job_notices(job(), PATCH, None, known)
    assert size == "16x16 is far from 64x64, its training size."
    assert length == "33 frames at once, trained on 17: use windows."


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
    assert said.startswith("In windows a noise_mask of 0 to 1 is where sampling starts.")


def test_what_files_and_servers_say_is_parted_and_cut_where_it_is_long():
    assert notices.in_short("clip.mp4 is cut off: the last 3 of its 24 frames are missing") == [
        "Clip.mp4 is cut off",
        "The last 3 of its 24 frames are missing",
    ]
    (long,) = notices.in_short("x" * 300)
    assert long == f"X{'x' * 55}..."
    assert notices.in_short("") == []


TRAINED = import_from_pack("sora_core.models.trained_on").TrainedOn
MANY = 100_000  # frames, latents, tokens


def every_notice():
    """All notices of a sampling job, with names and numbers as long as they get."""
    known = TRAINED(
        words=frozenset({"red"}), examples=("a red circle", "x" * 200), sizes=((16384, 16384),), frames=MANY
    )
    shape = import_from_pack("sora_core.canvas.shapes").LatentShape(4, 1, 2, 2)
    yield from known.clip_notices(shape, frames_at_once=MANY * 4)
    yield from known.prompt_notices(
        "supercalifragilisticexpialidocious " * 2 + "dragon castle river mountain cloud sea x"
    )
    yield from known.prompt_notices("x" * 400)
    yield notices.shift_notice(notices.Shift(12.3456789, True), 98.7654321)
    guided = history.HistoryGuidance(2.0, 0.987654)
    yield from notices.job_notices(job(texts=(1.0, 1.0), guidance=3.0, resampling=3, history=guided), None)
    low = job(known=[0], history=guided)
    yield from notices.job_notices(jobs.replace(low, noise_level=low.noise_level * 0.123456), PATCH)
    for control in (False, True):
        concat = jobs.ConcatFrames("concat_latent_image", needed=True, is_control=control)
        yield from notices.job_notices(job(), None, concat)
    yield from notices.job_notices(job(known=[0], places=(2,), resampling=1), PATCH)
    share = torch.full((1, 1, 9, 2, 2), 0.5)
    yield notices.share_notice(job(windows=windows.SlidingWindow(2, 3)).blended(share), share)
    timing = import_from_pack("nodes.io.timing")
    latent = {timing.KEY: timing.Timing(23.976023976, MANY, MANY)}
    yield timing.fps_notice(latent, 29.97002997)
    yield timing.canvas_fps(latent, 29.97002997)[1]
    carried = import_from_pack("nodes.io.carried_sound")
    held = {carried.KEY: carried.CarriedSound(None, 23.976023976, MANY)}
    yield carried.carried(held, MANY - 1, 24.0)[1]
    yield carried.carried(held, MANY, 29.97002997)[1]
    yield import_from_pack("nodes.output.sound_decoder").LEFT_OUT


def test_every_notice_has_less_than_60_letters_whatever_is_in_it():
    said = list(every_notice())
    assert len(said) > 15
    assert [text for text in said if not 0 < len(text) < 60] == []

"""A MODEL that takes frames of the whole clip from its conditioning: notices, and windows that are refused."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack

jobs, windows = import_from_pack("nodes.host.job"), import_from_pack("sora_core.diffusion.windows")
job_notices = import_from_pack("nodes.host.notices").job_notices
SamplingOptions = import_from_pack("sora_core.diffusion.options").SamplingOptions

IMAGE = jobs.ConcatFrames("concat_latent_image", needed=True)
CONTROL = jobs.ConcatFrames("vace_frames", needed=False)


def job(windows=None, **given):
    latents = torch.zeros(1, 4, 9, 2, 2)
    options = SamplingOptions(steps=4, guidance=1.0, shift=1.0, windows=windows)
    texts = ([[torch.full((1, 2, 4), value), given]] for value in (0.0, 1.0))
    return jobs.SamplingJob(*texts, latents, torch.ones_like(latents[:, :1]), 0, options)


def in_windows(new, **given):
    return job(windows.SlidingWindow(2, new), **given)


def test_an_image_to_video_model_without_an_image_is_told():
    (said,) = job_notices(job(), None, IMAGE)
    assert said == "This MODEL needs an image: connect Wan Image To Video."


def test_a_model_that_follows_a_control_video_is_told_by_its_own_node():
    (said,) = job_notices(job(), None, jobs.ConcatFrames("concat_latent_image", needed=True, is_control=True))
    assert said == "No control video: connect Wan Fun Control To Video."


def test_nothing_is_said_where_there_is_an_image_or_none_is_needed():
    assert job_notices(job(concat_latent_image=torch.zeros(1, 4, 9, 2, 2)), None, IMAGE) == []
    assert job_notices(job(), None, CONTROL) == job_notices(job(), None) == []


@pytest.mark.parametrize(
    ("concat", "given"),
    [(IMAGE, {}), (CONTROL, {"vace_frames": [torch.zeros(1, 4, 9, 2, 2)]})],
    ids=["image", "control"],
)
def test_more_than_one_window_is_refused_with_the_name_of_what_does_not_fit(concat, given):
    with pytest.raises(
        ValueError, match=rf"\({concat.name}\), which does not work in 3 windows: use a text-to-video MODEL"
    ):
        in_windows(3, **given).check_windows(None, concat)
    in_windows(7, **given).check_windows(None, concat)
    job(**given).check_windows(None, concat)


def test_a_model_that_needs_no_frames_and_gets_none_goes_through_windows():
    in_windows(3).check_windows(None, CONTROL)
    in_windows(3).check_windows(None, None)


@pytest.mark.parametrize(
    ("way", "frames"),
    [(None, 9), (windows.SlidingWindow(2, 3), 5), (windows.RollingWindow(1, 3), 4), (windows.SlidingWindow(5, 5), 9)],
)
def test_no_more_frames_are_shown_at_once_than_a_window_has(way, frames):
    assert job(way).frames_at_once() == frames

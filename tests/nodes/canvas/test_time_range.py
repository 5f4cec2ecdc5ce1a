"""Sora Time Range: masks that are open at the right frames, alone and in Sora Inpaint Video."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run


def flat(frames: int, height: int = 32, width: int = 48) -> torch.Tensor:
    """An IMAGE batch."""
    return torch.full((frames, height, width, 3), 0.5)


def video(images: torch.Tensor, fps: float):
    return import_from_pack("headless.video").VideoFromComponents(images, fps)


@pytest.fixture
def masks(nodes):
    def go(source, start, end, fps=8.0, **region):
        (mask,) = run(nodes["SoraTimeRange"], source=source, start=start, end=end, fps=fps, **region)
        return mask

    return go


def opened(mask: torch.Tensor) -> list[int]:
    """Frames that are open, which they must be everywhere."""
    assert (mask == mask[:, :1, :1]).all()
    return mask[:, 0, 0].nonzero().flatten().tolist()


@pytest.mark.parametrize(
    ("start", "end", "frames", "said_so"),
    [
        (0.5, 1.0, range(4, 8), "Frames 4 to 7 of 17 at 8 fps, counted from 0"),
        (0.0, 0.125, range(1), "Frame 0 of 17"),
        (0.55, 0.95, range(4, 8), "Frames 4 to 7"),
        (0.0, 2.125, range(17), "Frames 0 to 16"),
        (2.0, 2.15, range(16, 17), "Frame 16 of 17"),
    ],
)
def test_frames_are_open_that_are_shown_in_that_time(masks, said, start, end, frames, said_so):
    mask = masks(flat(17), start, end)
    assert mask.shape == (17, 32, 48)
    assert opened(mask) == list(frames)
    assert said_so in said[-1]


def test_a_video_has_a_rate_of_its_own(masks, said):
    assert opened(masks(video(flat(48), 24.0), 0.5, 1.0, fps=8.0)) == list(range(12, 24))
    assert said[-1] == "Frames 12 to 23 of 48 at 24 fps, counted from 0"


def test_a_region_lasts_for_that_time_alone(masks):
    region = torch.zeros(1, 16, 24)
    region[:, :, 12:] = 0.5
    mask = masks(flat(8), 0.25, 0.5, region=region)
    assert mask.shape == (8, 32, 48)
    assert (mask[2:4, :, 26:] == 0.5).all()
    assert (mask[2:4, :, :22] == 0).all()
    assert (mask[[0, 1, 4, 5, 6, 7]] == 0).all()
    assert torch.equal(masks(flat(8), 0.25, 0.5, region=region[0]), mask)  # as core's older mask nodes give it


def test_a_region_that_moves_keeps_to_its_frames(masks):
    region = torch.zeros(8, 32, 48)
    for frame in range(8):
        region[frame, :, frame] = 1
    mask = masks(flat(8), 0.25, 0.75, region=region)
    assert torch.equal(mask[2:6], region[2:6])
    assert (mask[[0, 1, 6, 7]] == 0).all()


@pytest.mark.parametrize(
    ("frames", "rate", "start", "end", "expected"),
    [
        (17, 8.0, 0.625, 1.125, [0, 0, 1, 0, 0]),  # frames 5 to 8: a latent, and no other
        (17, 8.0, 0.5, 1.125, [0, 1, 1, 0, 0]),  # the frame before it as well
        (14, 8.0, 1.125, 1.25, [0, 0, 0, 1, 0]),  # a length that is no multiple
        (15, 8.0, 1.625, 1.875, [0, 0, 0, 0, 1]),  # its last frame repeated
        (51, 24.0, 0.625, 1.125, [0, 0, 1, 0, 0]),  # another rate, of which every third frame is used
        (9, 4.0, 1.25, 1.5, [0, 0, 0, 1, 0, 0]),  # and of which each is used twice
    ],
)
def test_inpainting_is_open_in_the_latents_of_that_time(nodes, masks, frames, rate, start, end, expected):
    vae = run(nodes["SoraLoadModel"], model="tiny")[2]
    source = video(flat(frames, 32, 32), rate)
    region = masks(source, start, end)
    latent, _ = run(nodes["SoraInpaintVideo"], source=source, region=region, vae=vae, size=32, fps=8.0)
    level = latent["noise_mask"][0, 0]
    assert level[:, 0, 0].tolist() == expected
    assert (level == level[:, :1, :1]).all()


@pytest.mark.parametrize(
    ("start", "end", "more", "message"),
    [
        (1.0, 0.5, {}, "got a time from 1 to 0.5 s, expected start >= 0 and end > start"),
        (1.0, 1.0, {}, "end > start"),
        (-1.0, 1.0, {}, "start >= 0"),
        (float("nan"), 1.0, {}, "got a time from nan"),
        (1.0, 2.5, {}, "expected one within the source, which has 17 frames at 8 fps and lasts 2.125 s"),
        (1.0, float("inf"), {}, "expected one within the source"),
        (5.0, 6.0, {}, "got a time from 5 to 6 s, expected one within the source"),
        (0.5, 0.55, {}, "in which no frame begins at 8 fps; expected at least 0.125 s"),
        (0.5, 1.0, {"region": torch.ones(1, 32, 32)}, "got a region of 32x32 for a video of 48x32, expected the same"),
        (0.5, 1.0, {"region": torch.ones(0, 32, 48)}, "expected a MASK"),
    ],
)
def test_a_time_or_region_that_does_not_fit_is_refused(masks, start, end, more, message):
    with pytest.raises(ValueError, match=message):
        masks(flat(17), start, end, **more)


def test_a_source_without_frames_is_refused(masks):
    with pytest.raises(ValueError, match="not empty"):
        masks(flat(0), 0.0, 1.0)


def test_a_range_that_ends_before_it_starts_is_refused_before_the_run(nodes):
    check = nodes["SoraTimeRange"].validate_inputs
    assert check(start=2.0, end=1.0) == "end is 1 s and start 2 s: set end to a later time than start"
    assert check(start=1.0, end=1.0) == "end is 1 s and start 1 s: set end to a later time than start"
    assert check(start=0.0, end=700.0) == "end is 700 s, expected 0 to 600 s"
    assert check(start=0.0, end=1.0) is check(start=None, end=1.0) is check(start=2.0, end=None) is True

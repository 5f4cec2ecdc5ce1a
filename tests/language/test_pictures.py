"""Frames as pictures for a vision model."""

from __future__ import annotations

import base64
import io

import pytest
import torch
from PIL import Image

from sora_core.language.pictures import LONGEST_SIDE, data_url, sample_pictures, small_picture


def clip(frames: int, height: int = 4, width: int = 6) -> torch.Tensor:
    levels = torch.arange(frames, dtype=torch.uint8)[:, None, None, None]
    return (levels * 10).expand(frames, height, width, 3)


def opened(url: str) -> Image.Image:
    head, body = url.split(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


def test_frames_are_spread_over_the_clip_with_its_ends():
    sampled = sample_pictures(clip(17), 8.0, most=5)
    assert sampled.times == (0.0, 0.5, 1.0, 1.5, 2.0)
    levels = [opened(data_url(each)).getpixel((2, 2))[0] for each in sampled.pictures]
    assert levels == pytest.approx([0, 40, 80, 120, 160], abs=4)


def test_a_clip_of_one_frame_is_one_picture():
    sampled = sample_pictures(clip(1), 8.0)
    assert sampled.times == (0.0,)
    assert len(sampled.pictures) == 1


def test_a_huge_frame_becomes_small():
    picture = small_picture(torch.full((1500, 3000, 3), 7, dtype=torch.uint8))
    assert picture.shape == (LONGEST_SIDE // 2, LONGEST_SIDE, 3)
    assert picture.dtype == torch.uint8
    assert picture.unique().tolist() == [7]


@pytest.mark.parametrize("frames", [torch.zeros(0, 4, 4, 3, dtype=torch.uint8), torch.zeros(2, 4, 4, 3), clip(2)[0]])
def test_what_is_no_clip_is_refused(frames):
    with pytest.raises(ValueError, match="expected uint8"):
        sample_pictures(frames, 8.0)


def test_no_rate_and_no_pictures_are_refused():
    for fps, most in ((0.0, 8), (8.0, 0)):
        with pytest.raises(ValueError, match="expected more than 0"):
            sample_pictures(clip(2), fps, most=most)

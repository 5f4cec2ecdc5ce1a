"""Clips of any size, rate and length on the grid, and regions as noise levels."""

import pytest
import torch

from sora_core.canvas.shapes import Compression
from sora_core.video.geometry import cover
from sora_core.video.source_clip import SourceClip


def counting(frames: int, fps: float) -> SourceClip:
    """A clip whose frame n is of value n / frames."""
    values = torch.arange(frames) / frames
    return SourceClip(values[:, None, None, None].expand(-1, 4, 4, 3), fps)


@pytest.mark.parametrize(
    ("size", "side", "expected"), [((64, 64), 64, (64, 64)), ((1080, 1920), 64, (48, 80)), ((10, 400), 64, (16, 400))]
)
def test_the_grid_keeps_the_aspect_ratio_and_the_area(size, side, expected):
    assert SourceClip(torch.zeros(1, *size, 3), 8.0).grid(side, Compression()) == expected


@pytest.mark.parametrize(
    ("size", "whole", "expected"),
    [
        ((64, 64), (48, 80), (48, 48)),  # room at the sides
        ((64, 64), (80, 48), (48, 48)),  # above and below
        ((1080, 1920), (64, 64), (32, 64)),  # 36 high
        ((90, 170), (48, 80), (48, 80)),  # 42 high: none that a patch would fill
        ((400, 10), (64, 64), (64, 16)),  # never less than a patch
    ],
)
def test_within_a_larger_picture_a_clip_fills_it_along_one_axis(size, whole, expected):
    assert SourceClip(torch.zeros(1, *size, 3), 8.0).within(*whole, Compression()) == expected


def test_another_rate_shows_of_each_moment_the_frame_that_is_shown_then():
    assert (counting(60, 30.0).at(10.0).frames[:, 0, 0, 0] * 60).round().tolist() == list(range(1, 60, 3))
    assert (counting(4, 4.0).at(8.0).frames[:, 0, 0, 0] * 4).round().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_the_same_rate_and_size_change_nothing():
    frames = torch.rand(5, 16, 32, 3)
    clip = SourceClip(frames, 8.0)
    assert clip.at(8.0) is clip
    assert torch.equal(clip.pixels(16, 32), frames.permute(3, 0, 1, 2)[None])


def test_what_sticks_out_is_cut_evenly():
    images = torch.zeros(1, 1, 10, 30)
    images[..., 10:20] = 1  # the middle third
    assert torch.equal(cover(images, 10, 10), torch.ones(1, 1, 10, 10))


def test_covering_scales_to_the_nearer_side():
    assert cover(torch.rand(2, 3, 100, 37), 16, 48).shape == (2, 3, 16, 48)
    assert cover(torch.rand(2, 3, 7, 5), 64, 64).shape == (2, 3, 64, 64)


@pytest.mark.parametrize("shape", [(0, 4, 4, 3), (2, 4, 4), (2, 4, 4, 4)])
def test_frames_that_are_none_are_refused(shape):
    with pytest.raises(ValueError, match="expected \\[F H W 3\\]"):
        SourceClip(torch.zeros(shape), 8.0)


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(fps):
    with pytest.raises(ValueError, match="expected fps > 0"):
        SourceClip(torch.zeros(1, 4, 4, 3), fps)

"""Pixels and latents: what is taken exactly, what is rounded to, and what is refused."""

import math

import pytest

from sora_core.canvas.shapes import Compression, LatentShape, VideoShape

WAN = Compression(4, 8, 8)


@pytest.mark.parametrize(("frames", "latent_frames"), [(1, 1), (5, 2), (17, 5), (81, 21)])
def test_the_first_latent_frame_holds_one_frame_and_each_later_one_four(frames, latent_frames):
    assert WAN.latent_frames(frames) == latent_frames
    assert WAN.video_frames(latent_frames) == frames


@pytest.mark.parametrize("frames", [-3, 0, 2, 4, 16])
def test_other_counts_of_frames_are_refused(frames):
    with pytest.raises(ValueError, match=f"got {frames} frames; this VAE takes 1 \\+ a multiple of 4"):
        WAN.latent_frames(frames)


def test_less_than_one_latent_frame_is_refused():
    with pytest.raises(ValueError, match="got 0 latent frames"):
        WAN.video_frames(0)


def test_a_clip_keeps_its_axes_on_the_way_to_latents_and_back():
    video = VideoShape(frames=17, height=48, width=80)
    latent = WAN.to_latent(video, channels=16)
    assert latent == LatentShape(channels=16, frames=5, height=6, width=10)
    assert WAN.to_video(latent) == video


@pytest.mark.parametrize(("height", "width"), [(60, 64), (64, 60), (0, 64), (64, -8)])
def test_sizes_that_the_vae_does_not_divide_are_refused(height, width):
    with pytest.raises(ValueError, match=f"got {width}x{height} pixels; this VAE takes multiples of 8x8"):
        WAN.to_latent(VideoShape(1, height, width), 16)


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        ((16, 60, 100), (17, 64, 96)),
        ((17, 64, 80), (17, 64, 80)),
        ((1, 1, 1), (1, 16, 16)),
        ((3, 24, 40), (5, 32, 48)),  # halves go up
        ((-9, -64, 7), (1, 16, 16)),
    ],
)
def test_the_nearest_clip_is_whole_patches_and_never_less_than_one(wanted, nearest):
    assert WAN.nearest(VideoShape(*wanted), (1, 2, 2)) == nearest


def test_the_nearest_clip_is_taken_as_it_is():
    for frames in range(1, 20):
        for size in range(1, 70, 3):
            shape = WAN.nearest(VideoShape(frames, size, 2 * size), (1, 2, 2))
            assert WAN.to_video(WAN.to_latent(shape, 16)) == shape


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"), [(0, 8, 1), (2, 8, 17), (0.1, 8, 1), (0.25, 8, 5), (5, 16, 81), (2, 7.9, 17)]
)
def test_seconds_become_the_closest_count_of_frames(seconds, fps, frames):
    assert WAN.frames_for(seconds, fps) == frames


@pytest.mark.parametrize(
    ("seconds", "fps"),
    [(-1, 8), (math.nan, 8), (math.inf, 8), (2, 0), (2, -8), (2, math.nan), (0, math.inf), (1e308, 8)],
)
def test_durations_that_are_no_durations_are_refused(seconds, fps):
    with pytest.raises(ValueError, match="must be finite"):
        WAN.frames_for(seconds, fps)


def test_ratios_below_one_are_refused():
    with pytest.raises(ValueError, match=">= 1"):
        Compression(0, 8, 8)

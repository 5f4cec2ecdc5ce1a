"""Sora Join Videos: overlaps are shared, and one clip is brought to the size and rate of the other."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, run


def test_joined_clips_share_their_overlap(nodes):
    video, images = run(nodes["SoraJoinVideos"], first=clip(17), second=clip(17)[8:], overlap=9)
    assert images.shape == (17, 32, 32, 3)
    assert torch.equal(images[:8], clip(17)[:8])
    assert (images - clip(17)).abs().max() < 0.02
    assert video.get_frame_rate() == 8.0


@pytest.mark.slow
def test_clips_of_two_sizes_and_rates_are_joined_at_the_first_ones(nodes, said, tmp_path):
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    paths = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    files.write_video(paths[0], (clip(8) * 255).byte(), 8.0)
    files.write_video(paths[1], (clip(32, 64, 96) * 255).byte(), 16.0)
    first, second = (videos.VideoFromFile(path) for path in paths)
    video, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=0)
    assert images.shape == (8 + 16, 32, 32, 3)
    assert video.get_frame_rate() == 8.0
    assert said[-1] == "second: 96x64 at 16 fps, used as 32x32 at 8 fps"
    video, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=0, keep_second=True)
    assert images.shape == (16 + 32, 64, 96, 3)
    assert video.get_frame_rate() == 16.0
    assert torch.equal(images[-32:], second.images())
    assert said[-1] == "first: 32x32 at 8 fps, used as 96x64 at 16 fps"


@pytest.mark.parametrize("keep_second", [False, True])
def test_shared_frames_are_counted_in_the_clip_that_is_fitted(nodes, tmp_path, keep_second):
    """A second of film at 24 fps, extended on a canvas of 8 fps that holds all of it: shown once, not twice."""
    files, videos = import_from_pack("sora_core.video.video_io"), import_from_pack("headless.video")
    film, made = clip(24), clip(16)
    files.write_video(tmp_path / "film.mp4", (film * 255).byte(), 24.0)
    files.write_video(tmp_path / "made.mp4", (made * 255).byte(), 8.0)
    ends = [videos.VideoFromFile(tmp_path / f"{name}.mp4") for name in ("film", "made")]
    first, second = reversed(ends) if keep_second else ends
    _, images = run(nodes["SoraJoinVideos"], first=first, second=second, overlap=8, keep_second=keep_second)
    assert len(images) == 24 + 24

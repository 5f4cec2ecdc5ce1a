"""The one reader: frames in order with exact times, in one size, from any place, one at a time."""

from fractions import Fraction

import pytest

import odd_videos
from odd_videos import Told
from sora_core.video.file_reader import read_file
from sora_core.video.video_io import probe, read_frames


def test_times_are_exact_fractions_and_pixels_are_made_when_they_are_asked_for(tmp_path):
    path = odd_videos.write_at(tmp_path / "clip.mkv", [0, 33, 67, 100])
    frames = list(read_file(path))
    assert [frame.time for frame in frames] == [Fraction(tick, 1000) for tick in (0, 33, 67, 100)]
    assert frames[2].floats().shape == (32, 32, 3)
    assert odd_videos.shown([frame.bytes() for frame in frames]) == [0, 1, 2, 3]


def test_frames_of_another_size_are_scaled_and_it_is_told_once(tmp_path):
    path, told = odd_videos.write_sizes(tmp_path / "clip.mov", [(32, 48), (48, 32), (64, 96)]), Told()
    assert {frame.shape for frame in read_frames(path, watch=told)} == {(32, 48, 3)}
    assert told.said == [f"{path} changes its size from 48x32 to 32x48: all frames are scaled to 48x32"]
    assert probe(path)[:2] == (32, 48)
    assert {frame.floats().shape for frame in read_file(path, size=(16, 24), watch=told)} == {(16, 24, 3)}


def test_reading_begins_at_a_key_frame_before_a_tick(tmp_path):
    path = odd_videos.write_at(tmp_path / "clip.mov", range(0, 1000, 100), pix_fmt="rgba")
    last = list(read_file(path))[7]
    (first, *_) = read_file(path, tick=last.tick)
    assert first.tick is not None
    assert first.tick <= last.tick


def test_frames_that_are_too_large_are_refused_before_they_are_made(tmp_path):
    path = odd_videos.write_sizes(tmp_path / "clip.mov", [(32, 48), (16, 40_000)], frames=1)
    with pytest.raises(ValueError, match="40000x16 pixels, and at most 67,108,864 are read"):
        list(read_frames(path))

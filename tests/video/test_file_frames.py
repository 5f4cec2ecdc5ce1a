"""Frames of a file where they are asked for: the same as all of them read at once, at their moments."""

from __future__ import annotations

import io
from fractions import Fraction

import pytest
import torch

import odd_videos
from sora_core.video import file_frames as module
from sora_core.video.file_frames import FileFrames
from sora_core.video.video_io import read_float_frames, write_video


def drifting(frames: int) -> torch.Tensor:
    low = torch.rand(1, 3, max(2, frames // 4), 4, 4, generator=torch.Generator().manual_seed(0))
    size = (frames, 32, 48)
    return (torch.nn.functional.interpolate(low, size, mode="trilinear")[0].permute(1, 2, 3, 0) * 255).byte()


@pytest.fixture
def path(tmp_path):
    write_video(tmp_path / "clip.mp4", drifting(300), 30000 / 1001)
    return tmp_path / "clip.mp4"


def test_they_are_those_of_the_whole_file_from_any_of_them_on(path):
    whole, frames = torch.stack(list(read_float_frames(path))), FileFrames(path)
    assert (frames.shape, len(frames), frames.fps) == (whole.shape, 300, 30000 / 1001)
    assert torch.equal(torch.stack(list(frames)), whole)
    for first in (0, 1, 40, 290, 299):
        assert torch.equal(frames[first:], whole[first:])
    assert torch.equal(frames[torch.tensor([3, 3, 80, 299])], whole[[3, 3, 80, 299]])
    assert len(frames[torch.tensor([], dtype=torch.long)]) == 0


def test_late_frames_are_found_without_reading_those_before(path, monkeypatch):
    asked, decoded_from = [], module.decoded_from

    def watched(source, tick=None, **more):
        asked.append(tick)
        return decoded_from(source, tick, **more)

    monkeypatch.setattr(module, "decoded_from", watched)
    frames = FileFrames(path)
    asked.clear()
    assert len(list(frames.stream([298, 299]))) == 2
    assert len(asked) == 1
    assert asked[0] > 0


def test_bytes_are_read_by_several_at_a_time(path):
    frames = FileFrames(io.BytesIO(path.read_bytes()))
    one, two = frames.stream(range(10)), frames.stream(range(10))
    assert all(torch.equal(next(one), next(two)) for _ in range(10))


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_variable_rate_is_read_as_it_is_shown(tmp_path, suffix):
    stamps = [500 + time for time in (0, 100, 200, 500, 600, 1100)]
    frames = FileFrames(odd_videos.write_at(tmp_path / f"clip.{suffix}", stamps))
    assert odd_videos.shown(frames) == [0, 1, 2, 2, 2, 3, 4, 4, 4, 4, 4, 5]
    assert (frames.varied, frames.fps, frames.begin) == (True, 10.0, Fraction(1, 2))
    assert odd_videos.shown(frames[torch.tensor([2, 4, 5, 11])]) == [2, 2, 3, 5]


def test_a_part_has_the_frames_of_its_time(tmp_path):
    path = odd_videos.write_at(tmp_path / "clip.mkv", range(0, 1000, 100))
    frames = FileFrames(path, 0.2, 0.5)
    assert odd_videos.shown(frames) == [2, 3, 4, 5, 6]
    assert frames.begin == Fraction(1, 5)


def test_a_frame_that_is_lost_is_shown_as_the_one_before_it(path, monkeypatch):
    frames, decoded_from = FileFrames(path), module.decoded_from

    def lossy(source, tick=None, **more):
        return (pair for place, pair in enumerate(decoded_from(source, tick, **more)) if place not in (5, 6))

    monkeypatch.setattr(module, "decoded_from", lossy)
    read = frames[0:9]
    assert torch.equal(read[5], read[4])
    assert torch.equal(read[6], read[4])
    assert not torch.equal(read[7], read[4])


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("no video\n" * 99)
    with pytest.raises(ValueError, match=r"text.mp4 is not a video that can be read"):
        FileFrames(tmp_path / "text.mp4")
    with pytest.raises(FileNotFoundError):
        FileFrames(tmp_path / "none.mp4")
    path = odd_videos.write_at(tmp_path / "clip.mkv", range(0, 300, 100))
    with pytest.raises(ValueError, match="has no frames"):
        FileFrames(path, 5.0, 1.0)

"""Damage: the number of frames and their times stay, the loss is told, and what is cut off is told too."""

import pytest

import odd_videos
from odd_videos import Told
from sora_core.video.file_reader import read_file
from sora_core.video.video_io import probe, read_float_frames, read_frames, timing_in


@pytest.fixture
def film(tmp_path):
    """Ten frames of Motion PNG, each of which decodes by itself."""
    return odd_videos.write_at(tmp_path / "clip.mov", range(0, 1000, 100), pix_fmt="rgba")


@pytest.mark.parametrize(
    ("broken", "shown"),
    [
        ([4], [0, 1, 2, 3, 3, 5, 6, 7, 8, 9]),
        ([0, 1], [2, 2, 2, 3, 4, 5, 6, 7, 8, 9]),
        ([8, 9], [0, 1, 2, 3, 4, 5, 6, 7, 7, 7]),
        ([2, 3, 6], [0, 1, 1, 1, 4, 5, 5, 7, 8, 9]),
    ],
)
def test_the_frame_before_is_shown_in_place_of_a_damaged_one(tmp_path, film, broken, shown):
    path = odd_videos.damage(film, tmp_path / "broken.mov", broken)
    assert probe(path).frames == 10
    for read in (read_frames, read_float_frames):
        told = Told()
        assert odd_videos.shown(read(path, watch=told)) == shown
        assert len(told.said) == 1
        assert f"{path} is damaged: " in told.said[0]
        assert ("1 frame does" if len(broken) == 1 else f"{len(broken)} frames do") in told.said[0]
    assert [frame.tick for frame in read_file(path, watch=Told())] == [frame.tick for frame in read_file(film)]


@pytest.mark.parametrize("suffix", ["mp4", "avi"])
def test_a_damaged_packet_of_h264_costs_no_time(tmp_path, suffix):
    path = odd_videos.write_at(tmp_path / f"clip.{suffix}", range(0, 3000, 100), declared=10)
    whole = len(list(read_frames(path)))
    told = Told()
    broken = odd_videos.damage(path, tmp_path / f"broken.{suffix}", [7, 8, 9])
    assert abs(len(list(read_frames(broken, watch=told))) - whole) <= (0 if suffix == "mp4" else 3)
    assert told.said


def test_of_nothing_that_decodes_there_is_one_line(tmp_path, film):
    path = odd_videos.damage(film, tmp_path / "broken.mov", range(10))
    with pytest.raises(ValueError, match=r"broken\.mov is not a video that can be read: none of its frames decodes"):
        list(read_frames(path))


def test_a_file_that_is_cut_off_is_read_as_far_as_it_goes_and_says_so(tmp_path):
    whole = odd_videos.write_at(tmp_path / "whole.mov", range(0, 3000, 100), pix_fmt="rgba", fast_start=True)
    data = whole.read_bytes()
    path = tmp_path / "cut.mov"
    path.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2])
    told = Told()
    frames = odd_videos.shown(read_frames(path, watch=told))
    assert 10 < len(frames) < 20
    assert frames[:10] == list(range(10))
    assert any("is cut off: the last" in text for text in told.said)
    assert probe(path).frames == len(frames)


def test_an_interrupt_ends_the_reading_between_two_packets(film):
    class Impatient(Told):
        count = 0

        def check(self):
            self.count += 1
            if self.count > 5:
                raise KeyboardInterrupt

    for read in (read_frames, read_float_frames):
        with pytest.raises(KeyboardInterrupt):
            list(read(film, watch=Impatient()))
    with pytest.raises(KeyboardInterrupt):
        timing_in(film, watch=Impatient())

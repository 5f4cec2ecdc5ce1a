"""VIDEO where there is no ComfyUI: what is in memory becomes a file, what is a file is copied or read."""

from __future__ import annotations

import pytest
import torch

import odd_videos
from headless.pack import import_from_pack
from sora_core.video.video_io import probe


@pytest.fixture
def videos():
    return import_from_pack("headless.video")


def tones(count: int) -> torch.Tensor:
    """Gray frames [F 32 48 3], each brighter than the last one."""
    return torch.linspace(0.2, 0.8, count)[:, None, None, None].expand(count, 32, 48, 3)


def test_frames_in_memory_are_what_was_given_and_a_file_of_them_is_close(videos, tmp_path):
    given = tones(5)
    video = videos.VideoFromComponents(given, 12.0)
    assert video.images() is given
    assert (video.get_dimensions(), video.get_frame_rate(), video.varied) == ((48, 32), 12.0, False)
    video.save_to(tmp_path / "clip.mp4")
    again = videos.VideoFromFile(tmp_path / "clip.mp4")
    assert (again.get_dimensions(), again.get_frame_rate(), again.varied) == ((48, 32), 12.0, False)
    assert (again.images() - given).abs().max() < 0.02


def test_alpha_and_what_is_out_of_range_do_not_reach_the_file(videos, tmp_path):
    bright = torch.cat([torch.full((2, 32, 48, 3), 1.5), torch.zeros(2, 32, 48, 1)], dim=-1)
    videos.VideoFromComponents(bright, 8.0).save_to(tmp_path / "clip.mp4")
    assert videos.VideoFromFile(tmp_path / "clip.mp4").images().min() > 0.98


def test_an_mp4_is_copied_to_the_bit_and_another_file_becomes_one(videos, tmp_path):
    for suffix in ("mp4", "mkv"):
        source = odd_videos.write_at(tmp_path / f"clip.{suffix}", range(0, 500, 100))
        saved = tmp_path / f"of_{suffix}.mp4"
        videos.VideoFromFile(source).save_to(saved)
        assert (saved.read_bytes() == source.read_bytes()) == (suffix == "mp4")
        assert (probe(saved).frames, probe(saved).fps) == (5, 10.0)


def test_a_copy_that_fails_leaves_no_part_of_a_file(videos, tmp_path, monkeypatch):
    source = odd_videos.write_at(tmp_path / "clip.mp4", range(0, 500, 100))

    def cut_off(given, target):
        target.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(videos.shutil, "copyfile", cut_off)
    (tmp_path / "out").mkdir()
    with pytest.raises(OSError, match="No space left"):
        videos.VideoFromFile(source).save_to(tmp_path / "out" / "copy.mp4")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_of_variable_rate_says_so(videos, tmp_path):
    assert videos.VideoFromFile(odd_videos.write_at(tmp_path / "clip.mkv", [0, 100, 400, 500])).varied


@pytest.mark.parametrize("suffix", ["mkv", "webm", "mp4"])
def test_the_sound_of_a_file_is_saved_with_its_frames(videos, tmp_path, suffix):
    tone = {"waveform": torch.sin(torch.arange(48000) / 20).view(1, 1, -1) / 2, "sample_rate": 48000}
    videos.VideoFromComponents(tones(8), 8.0, tone).save_to(tmp_path / "made.mp4")
    source = odd_videos.with_container(tmp_path / "made.mp4", tmp_path / f"clip.{suffix}")
    videos.VideoFromFile(source).save_to(tmp_path / "saved.mp4")
    read = videos.VideoFromFile(tmp_path / "saved.mp4").recording()
    assert len(read.frames) == 8
    assert read.sound["waveform"].shape[-1] == pytest.approx(48000, abs=1024)
    assert read.sound["waveform"][..., 2000:40000].abs().max() > 0.4

"""Lossless files: every frame and every sample comes back to the bit, whatever size, rate and number of channels."""

from __future__ import annotations

import pytest
import torch

from sora_core.video.file_frames import FileFrames
from sora_core.video.sound import Sound
from sora_core.video.sound_file import read_sound
from sora_core.video.video_io import probe, read_frames, write_lossless


def noise(frames: int, height: int, width: int) -> torch.Tensor:
    """Frames that no lossy coding leaves as they are."""
    generator = torch.Generator().manual_seed(height)
    return torch.randint(0, 256, (frames, height, width, 3), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize(("height", "width", "fps"), [(32, 48, 8.0), (33, 47, 30000 / 1001), (64, 64, 24.0)])
def test_frames_come_back_to_the_bit(tmp_path, height, width, fps):
    path, frames = tmp_path / "made.mov", noise(20, height, width)
    assert write_lossless(path, iter(frames), fps) == 20
    assert torch.equal(torch.stack([*read_frames(path)]), frames)
    assert probe(path) == (height, width, pytest.approx(fps), 20)
    assert torch.equal(FileFrames(path)[12:], frames[12:].float() / 255)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (22000, 6)])
def test_sound_comes_back_to_the_bit(tmp_path, rate, channels):
    wave = torch.randn(1, channels, rate, generator=torch.Generator().manual_seed(rate))  # louder than AAC takes
    write_lossless(tmp_path / "made.mov", iter(noise(8, 32, 32)), 8.0, sound=Sound(wave, rate))
    back = read_sound(tmp_path / "made.mov")
    assert back.rate == rate
    assert torch.equal(back.waveform, wave)


def test_a_frame_of_another_size_leaves_no_file(tmp_path):
    frames = [*noise(2, 32, 32), *noise(1, 32, 48)]
    with pytest.raises(ValueError, match="all frames must have one size"):
        write_lossless(tmp_path / "made.mov", iter(frames), 8.0)
    assert not [*tmp_path.iterdir()]

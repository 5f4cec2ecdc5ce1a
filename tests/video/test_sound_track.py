"""The sound of a file: in step with the frames, of their length, whatever its rate, and read back as it was."""

from __future__ import annotations

import math

import av
import pytest
import torch

from sora_core.video.sound import Sound
from sora_core.video.video_io import probe, write_video

FRAMES, FPS = 12, 8.0


def beeps(rate: int, seconds: float, channels: int = 2) -> Sound:
    """A tone that begins after half a second."""
    time = torch.arange(round(rate * seconds)) / rate
    wave = 0.5 * torch.sin(2 * math.pi * 440 * time) * (time >= 0.5)
    return Sound(wave.expand(1, channels, -1).clone(), rate)


def read_sound(path) -> Sound:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        parts = [torch.from_numpy(frame.to_ndarray()) for frame in container.decode(stream)]
        return Sound(torch.cat(parts, dim=1)[None], stream.rate)


def written(path, sound: Sound) -> Sound:
    frames = torch.zeros(FRAMES, 32, 32, 3, dtype=torch.uint8)
    assert write_video(path, iter(frames), FPS, sound=sound) == FRAMES
    return read_sound(path)


@pytest.mark.parametrize(("rate", "channels"), [(24000, 2), (32000, 2), (48000, 1), (16000, 2), (48000, 3), (48000, 6)])
def test_sound_comes_back_in_step(tmp_path, rate, channels):
    sound = beeps(rate, FRAMES / FPS, channels)
    back = written(tmp_path / "clip.mp4", sound)
    assert back.rate == rate
    assert back.waveform.shape[1] == channels
    assert abs(back.samples - sound.samples) <= 1024  # AAC has frames of 1024 samples
    length = min(back.samples, sound.samples)
    # the fourth of six holds low tones alone
    error = back.waveform[:, :3, :length] - sound.waveform[:, :3, :length]
    assert error.square().mean().sqrt() < 0.02
    assert probe(tmp_path / "clip.mp4") == (32, 32, FPS, FRAMES)


def test_sound_ends_with_the_frames(tmp_path):
    back = written(tmp_path / "clip.mp4", beeps(24000, 10.0))
    assert back.seconds == pytest.approx(FRAMES / FPS, abs=0.06)


def test_sound_of_an_odd_rate_is_resampled(tmp_path):
    back = written(tmp_path / "clip.mp4", beeps(20000, FRAMES / FPS))
    assert back.rate == 48000
    assert back.seconds == pytest.approx(FRAMES / FPS, abs=0.06)


def test_more_than_six_channels_are_refused_and_no_file_is_left(tmp_path):
    with pytest.raises(ValueError, match="got sound of 8 channels, expected 1 to 6"):
        written(tmp_path / "clip.mp4", beeps(24000, 1.0, channels=8))
    assert list(tmp_path.iterdir()) == []

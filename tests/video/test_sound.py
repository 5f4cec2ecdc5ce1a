"""Sound is resampled, cut, mirrored beyond its ends and closed into a loop, to the sample."""

from __future__ import annotations

import math

import pytest
import torch

from sora_core.video.sound import Sound


def tone(rate: int, seconds: float = 0.5, hertz: float = 440.0, channels: int = 1) -> Sound:
    time = torch.arange(round(rate * seconds), dtype=torch.float64) / rate
    return Sound(torch.sin(2 * math.pi * hertz * time).float().expand(1, channels, -1), rate)


@pytest.mark.parametrize(("old", "new"), [(44100, 16000), (24000, 48000), (8000, 44100), (48000, 32000)])
def test_a_tone_stays_the_same_tone_at_another_rate(old, new):
    made, expected = tone(old, channels=2).at(new), tone(new, channels=2)
    assert made.rate == new
    assert made.samples == expected.samples
    inner = slice(new // 50, -new // 50)  # the ends meet silence
    assert (made.waveform - expected.waveform)[..., inner].abs().max() < 2e-3


def test_a_tone_above_the_new_nyquist_frequency_goes_silent():
    assert tone(48000, hertz=11000).at(16000).waveform[..., 200:-200].abs().max() < 1e-2


def test_sound_at_its_own_rate_is_untouched():
    sound = tone(8000)
    assert sound.at(8000) is sound


def test_beyond_its_ends_sound_is_mirrored():
    sound = Sound(torch.arange(4.0).view(1, 1, 4), 4)
    assert sound.between(-0.75, 12).waveform.flatten().tolist() == [3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert sound.between(0.5, 2).waveform.flatten().tolist() == [2, 3]
    assert Sound(torch.ones(1, 1, 1), 4).between(-1, 6).waveform.flatten().tolist() == [1] * 6


def test_sound_is_cut_or_goes_on_in_silence():
    sound = Sound(torch.arange(1.0, 5.0).view(1, 1, 4), 4)
    assert sound.seconds == 1
    assert sound.lasting(0.5).waveform.flatten().tolist() == [1, 2]
    assert sound.lasting(1.5).waveform.flatten().tolist() == [1, 2, 3, 4, 0, 0]


def test_a_loop_begins_after_the_shared_part_and_fades_into_it():
    sound = Sound(torch.tensor([8.0, 8, 1, 2, 3, 4, 0, 0]).view(1, 1, 8), 2)
    assert sound.looped(3, 1).waveform.flatten().tolist() == pytest.approx([1, 2, 3, 4, 8 / 3, 16 / 3])
    assert sound.looped(4, 0).waveform.flatten().tolist() == sound.waveform.flatten().tolist()
    with pytest.raises(ValueError, match="overlap of 2 s for a loop of 1 s"):
        sound.looped(1, 2)


@pytest.mark.parametrize(
    ("waveform", "rate"),
    [(torch.zeros(1, 2, 0), 8000), (torch.zeros(2, 1, 5), 8000), (torch.zeros(1, 5), 8000), (torch.zeros(1, 1, 5), 0)],
)
def test_what_is_no_sound_is_refused(waveform, rate):
    with pytest.raises(ValueError, match="got sound of"):
        Sound(waveform, rate)

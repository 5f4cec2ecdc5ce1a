"""Sound beside latents: in step with their frames, or left out with the reason."""

import torch

from headless.pack import import_from_pack

carry = import_from_pack("nodes.io.carried_sound")
Sound = import_from_pack("sora_core.video.sound").Sound


def tone(value, seconds, channels=1, rate=100):
    return Sound(torch.full((1, channels, round(seconds * rate)), float(value)), rate)


def test_sound_of_other_frames_or_another_rate_is_left_out_with_a_word():
    latent = {carry.KEY: carry.CarriedSound(tone(1, 2), 8.0, 5)}
    assert carry.carried(latent, 5, 8.0) == (latent[carry.KEY].sound, "")
    sound, why = carry.carried(latent, 6, 8.0)
    assert (sound, "5 latents, not 6" in why) == (None, True)
    sound, why = carry.carried(latent, 5, 16.0)
    assert (sound, "8 fps, not 16" in why) == (None, True)
    assert carry.carried({}, 5, 8.0) == (None, "")


def test_parts_are_heard_in_their_time_alone():
    made = carry.mixed([(tone(1, 5), -1.0, 0.0, 1.0), (tone(2, 5, channels=2), 3.0, 3.0, 9.0)], 4.0)
    heard = made.waveform[0].mean(dim=0)
    assert (made.waveform.shape, made.rate) == ((1, 2, 400), 100)
    assert [heard[at].item() for at in (0, 99, 100, 299, 300, 399)] == [1, 1, 0, 0, 2, 2]
    assert carry.mixed([], 4.0) is None


def test_stereo_keeps_its_places_beside_more_channels():
    made = carry.mixed([(tone(1, 1, channels=2), 0.0, 0.0, 1.0), (tone(2, 1, channels=6), 1.0, 1.0, 2.0)], 2.0)
    assert made.waveform.shape == (1, 6, 200)
    assert made.waveform[0, :, 50].tolist() == [1, 1, 0, 0, 0, 0]
    assert made.waveform[0, :, 150].tolist() == [2] * 6

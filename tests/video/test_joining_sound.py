"""Sounds of two clips: the kept one's over what they share, at its rate; mono goes with any number of channels."""

import pytest
import torch

from sora_core.video.joining_sound import join_sounds
from sora_core.video.sound import Sound

RATE = 100


def sound(value: float, seconds: float = 1.0, channels: int = 1, rate: int = RATE) -> Sound:
    return Sound(torch.full((1, channels, round(seconds * rate)), value), rate)


def at(joined: Sound, second: float) -> float:
    return joined.waveform[0, 0, round(second * joined.rate)].item()


def test_end_to_end_one_follows_the_other():
    joined = join_sounds(sound(1.0), sound(2.0), 1.0, 0.0)
    assert joined.waveform.flatten().tolist() == [1.0] * RATE + [2.0] * RATE


@pytest.mark.parametrize("keep_second", [False, True])
def test_over_what_is_shared_the_kept_clip_is_heard_and_fades_at_the_edge(keep_second):
    joined = join_sounds(sound(1.0), sound(2.0), 0.6, 0.4, keep_second=keep_second)
    assert joined.seconds == pytest.approx(1.6)
    assert at(joined, 0.59) == 1.0
    assert at(joined, 0.8) == (2.0 if keep_second else 1.0)
    assert at(joined, 1.0) == 2.0
    inner = joined.waveform[(joined.waveform > 1) & (joined.waveform < 2)]
    assert len(inner) == 5  # 50 ms
    assert (inner.diff() > 0).all()


def test_a_sound_that_ends_early_leaves_the_rest_to_the_second():
    joined = join_sounds(sound(1.0, 0.8), sound(2.0), 0.6, 0.4)
    assert at(joined, 0.7) == 1.0
    assert at(joined, 0.8) == 2.0
    joined = join_sounds(sound(1.0, 0.3), sound(2.0), 0.6, 0.4)
    assert [at(joined, second) for second in (0.2, 0.4, 0.7)] == [1.0, 0.0, 2.0]


def test_a_second_that_ends_early_does_not_cut_the_kept_one():
    joined = join_sounds(sound(1.0), sound(2.0, 0.1), 0.6, 0.4)
    assert joined.seconds == 1.0
    assert at(joined, 0.9) == 1.0


def test_a_silent_clip_leaves_the_other_as_it_is():
    only = sound(2.0, channels=2)
    assert join_sounds(only, None, 0.5, 0.2) is only
    joined = join_sounds(None, only, 0.5, 0.2)
    assert joined.seconds == 1.5
    assert [at(joined, second) for second in (0.4, 0.6)] == [0.0, 2.0]
    assert join_sounds(None, None, 0.5, 0.2) is None


@pytest.mark.parametrize("keep_second", [False, True])
def test_the_kept_clip_sets_the_rate(keep_second):
    joined = join_sounds(sound(1.0, rate=8000), sound(1.0, rate=12000), 1.0, 0.0, keep_second=keep_second)
    assert joined.rate == (12000 if keep_second else 8000)
    assert joined.seconds == pytest.approx(2.0)


@pytest.mark.parametrize(("one", "two"), [(1, 6), (6, 1), (2, 2)])
def test_mono_is_repeated_to_match_more_channels(one, two):
    joined = join_sounds(sound(1.0, channels=one), sound(2.0, channels=two), 1.0, 0.0)
    assert joined.waveform.shape == (1, max(one, two), 2 * RATE)
    assert (joined.waveform == joined.waveform[:, :1]).all()


@pytest.mark.parametrize(("one", "two"), [(6, 2), (2, 6)])
def test_other_counts_of_channels_are_refused_with_both(one, two):
    with pytest.raises(ValueError, match=f"got audio of {one} and {two} channels, expected equal counts or mono"):
        join_sounds(sound(1.0, channels=one), sound(2.0, channels=two), 1.0, 0.0)

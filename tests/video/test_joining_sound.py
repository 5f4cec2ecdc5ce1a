"""Sounds of two clips: the kept one's over what they share, at its rate; mono goes with any number of channels."""

import itertools

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


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("fewer", "most", "heard"), [(1, 2, [0, 1]), (1, 6, [2]), (2, 6, [0, 1]), (2, 2, [0, 1])])
def test_the_layout_with_more_channels_has_those_of_the_other_at_their_places(turned, fewer, most, heard):
    parts = [sound(1.0, channels=fewer), sound(1.0, channels=most)]
    joined = join_sounds(*(reversed(parts) if turned else parts), 1.0, 0.0)
    assert joined.waveform.shape == (1, most, 2 * RATE)
    few, many = reversed(joined.waveform[0].split(RATE, 1)) if turned else joined.waveform[0].split(RATE, 1)
    assert (many == 1).all()
    loud = [channel for channel in range(most) if few[channel].abs().max() > 0]
    assert loud == heard
    assert few[heard].min() == pytest.approx(1.0)


@pytest.mark.parametrize("channels", [(1, 1), (1, 2), (6, 2)])
@pytest.mark.parametrize("keep_second", [False, True])
def test_stretches_are_those_of_the_whole_and_silent_around_it(channels, keep_second):
    one, two = (Sound(torch.rand(1, count, length), RATE) for count, length in zip(channels, (90, 70), strict=True))
    joined = join_sounds(one, two, 0.6, 0.3, keep_second=keep_second)
    whole = joined.waveform
    assert whole.shape[-1] == joined.samples == 130
    edges = [-20, 0, 7, 55, 56, 60, 61, 63, 64, 89, 90, 120, 140]
    stretches = torch.cat([joined.part(*edge) for edge in itertools.pairwise(edges)], dim=-1)
    torch.testing.assert_close(stretches, torch.nn.functional.pad(whole, (20, 10)), rtol=0, atol=1e-6)


def test_a_long_sound_is_not_copied_to_be_joined():
    """The result holds the tensors of both, and makes a stretch when it is asked for one."""
    long, short = Sound(torch.zeros(1, 2, 10**6), RATE), sound(1.0, channels=2)
    joined = join_sounds(long, short, 10**4 - 1, 0.5)
    assert joined.one.waveform is long.waveform
    assert joined.two.waveform is short.waveform
    assert joined.part(10, 20).shape == (1, 2, 10)

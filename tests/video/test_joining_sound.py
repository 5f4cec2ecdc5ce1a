"""Sounds of two clips with different numbers of channels: mono goes with any, others are refused by name."""

import pytest
import torch

from sora_core.video.joining import join_audio


def sound(channels: int, value: float) -> torch.Tensor:
    return torch.full((1, channels, 4), value)


@pytest.mark.parametrize(("one", "two"), [(1, 6), (6, 1), (2, 2), (1, 1)])
def test_mono_is_repeated_to_match_more_channels(one: int, two: int) -> None:
    joined = join_audio(sound(one, 1.0), sound(two, 2.0), 3)
    assert joined.shape == (1, max(one, two), 7)
    assert all(channel == [1.0] * 3 + [2.0] * 4 for channel in joined[0].tolist())


@pytest.mark.parametrize(("one", "two"), [(6, 2), (2, 6)])
def test_other_counts_of_channels_are_refused_with_both(one: int, two: int) -> None:
    with pytest.raises(ValueError, match=f"got audio of {one} and {two} channels, expected equal counts or mono"):
        join_audio(sound(one, 1.0), sound(two, 2.0), 3)


@pytest.mark.parametrize("channels", [2, 6])
def test_a_silent_clip_goes_with_any_count(channels: int) -> None:
    only = sound(channels, 2.0)
    assert join_audio(only, None, 3) is only
    assert join_audio(None, only, 3).shape == (1, channels, 7)

"""Layouts: each channel stays at its place, or goes to the nearest one that there is."""

from __future__ import annotations

import numpy as np
import pytest
from av.audio.layout import AudioLayout

from sora_core.video.sound_layouts import LAYOUTS, check_channels, describe_mixing, layout_for, remixed


@pytest.mark.parametrize("name", [*LAYOUTS.values(), "4 channels"])
def test_a_layout_that_is_written_is_kept(name):
    assert layout_for(AudioLayout(name)) == name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("downmix", "stereo"),
        ("2.1", "5.1"),
        ("quad", "5.1"),
        ("5.0(side)", "5.0"),
        ("5.1(side)", "5.1"),
        ("7.1", "5.1"),
        ("8 channels", "5.1"),
        ("hexadecagonal", "5.1"),
    ],
)
def test_others_go_to_one_with_their_places(name, kept):
    assert layout_for(AudioLayout(name)) == kept


def test_fewer_channels_are_as_loud_in_more():
    mono = np.linspace(-1, 1, 64, dtype=np.float32)[None]
    assert np.array_equal(remixed(mono, 1), mono)
    assert np.array_equal(remixed(mono, 2), mono.repeat(2, axis=0))
    stereo = np.concatenate([mono, mono / 2])
    wide = remixed(stereo, 6)
    np.testing.assert_allclose(wide[:2], stereo)
    assert not wide[2:].any()
    assert remixed(stereo[:, :0], 6).shape == (6, 0)


def test_channels_that_cannot_be_written_are_refused():
    for channels in LAYOUTS:
        check_channels(channels)
    for channels in (0, 7, 16):
        with pytest.raises(ValueError, match=f"got sound of {channels} channels, expected 1 to 6: mix it down"):
            check_channels(channels)


def test_surround_is_mixed_down_by_the_rule_of_itu_bs_775():
    front, centre, side = np.eye(6, dtype=np.float32)[[0, 2, 4]]
    made = [remixed(np.tile(channel[:, None], 8), 2)[:, 0] for channel in (front, centre, side)]
    np.testing.assert_allclose(made, [[1, 0], [2**-0.5, 2**-0.5], [2**-0.5, 0]], atol=1e-3)


def test_what_is_mixed_is_named_by_the_clip_that_has_fewer():
    assert describe_mixing({"first": 6, "second": 2, "last": 6}) == ["second: sound of 2 channels, mixed to 6"]
    assert describe_mixing({"first": 2, "second": 2}) == describe_mixing({}) == []

"""Layouts: each channel stays at its place, or goes to the nearest one that there is."""

from __future__ import annotations

import numpy as np
import pytest
from av.audio.layout import AudioLayout

from sora_core.video.sound_layouts import LAYOUTS, check_channels, layout_for, widened


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
    assert np.array_equal(widened(mono, 1), mono)
    assert np.array_equal(widened(mono, 2), mono.repeat(2, axis=0))
    stereo = np.concatenate([mono, mono / 2])
    wide = widened(stereo, 6)
    np.testing.assert_allclose(wide[:2], stereo)
    assert not wide[2:].any()
    assert widened(stereo[:, :0], 6).shape == (6, 0)


def test_channels_that_cannot_be_written_are_refused():
    for channels in LAYOUTS:
        check_channels(channels)
    for channels in (0, 7, 16):
        with pytest.raises(ValueError, match=f"got sound of {channels} channels, expected 1 to 6: mix it down"):
            check_channels(channels)

"""Samples of decoded sound: any channels, and rates, layouts and formats that change from frame to frame."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from odd_videos import Told
from sora_core.video.sound_samples import SampleReader

RATE = 8000


def frame(layout, *, rate=RATE, samples=800, pts=0, kind="flt", values=None):
    """Channel k is flat, at (k + 1) / 32, in any format."""
    channels = av.AudioLayout(layout).nb_channels
    flat = np.tile((np.arange(channels, dtype=np.float32) + 1) / 32, samples) if values is None else values
    made = av.AudioFrame.from_ndarray(flat[None], format="flt", layout=layout)
    made.sample_rate, made.pts, made.time_base = rate, pts, Fraction(1, rate)
    (made,) = av.AudioResampler(format=kind).resample(made)
    return made


def read(*frames, told=None):
    reader = SampleReader("film.mkv", told or Told())
    made = [part for each in frames for part in reader.read(each)] + [*reader.rest()]
    reader.tell()
    return reader.rate, made


@pytest.mark.parametrize("layout", ["7.1", "7 channels", "8 channels", "hexadecagonal"])
@pytest.mark.parametrize("kind", ["flt", "fltp", "s16", "s16p", "dblp"])
def test_any_number_of_channels_in_any_format_is_mixed_to_six_and_told(layout, kind):
    """Of 8 planes and more PyAV reads past the last, which ends the process."""
    told = Told()
    rate, (samples,) = read(frame(layout, kind=kind), told=told)
    assert (rate, samples.values.shape, samples.time) == (RATE, (6, 800), 0)
    assert samples.values[2] == pytest.approx(3 / 32, abs=1e-3)  # the others have parts of those that have no place
    channels = av.AudioLayout(layout).nb_channels
    assert told.said == [f"the sound of film.mkv is changed: its {channels} channels are mixed to 5.1"]


@pytest.mark.parametrize(("layout", "places"), [("quad", [0, 1, 4, 5]), ("2.1", [0, 1, 3]), ("5.1(side)", range(6))])
def test_each_channel_stays_at_its_place(layout, places):
    told = Told()
    _, (samples,) = read(frame(layout), told=told)
    expected = np.zeros(6)
    expected[[*places]] = (np.arange(len(places)) + 1) / 32
    np.testing.assert_allclose(samples.values[:, 400], expected, atol=1e-6)
    assert told.said == []


@pytest.mark.parametrize("channels", range(9, 18))
@pytest.mark.parametrize("rate", [RATE, 2 * RATE])
def test_every_one_of_many_channels_without_a_layout_is_heard_and_it_is_told(channels, rate):
    """FFmpeg guesses a layout for some numbers of channels, and leaves out half of 16."""
    for loud in (0, channels - 1):
        told, values = Told(), np.zeros(channels * 800, np.float32)
        values[loud::channels] = 0.5
        _, samples = read(frame("mono", rate=rate, samples=8), frame(f"{channels} channels", values=values), told=told)
        heard = np.concatenate([part.values.max(axis=0) for part in samples[1:]])
        assert heard.mean() >= 0.4 / channels
        assert told.said == [f"the sound of film.mkv is changed: its {channels} channels are mixed to mono"]


def test_ambisonic_channels_are_refused_in_one_line():
    with pytest.raises(ValueError, match=r"channels of the layout 'ambisonic 3', which cannot be mixed: convert it to"):
        read(frame("ambisonic 3"))


def test_rate_channels_and_format_may_change():
    tone = (0.5 * np.sin(2 * np.pi * 500 * np.arange(8000) / (2 * RATE))).astype(np.float32)
    other = frame("mono", rate=2 * RATE, samples=8000, pts=2 * 800, kind="s16p", values=tone)
    rate, parts = read(frame("stereo"), other, frame("stereo", pts=800 + 4000))
    assert rate == RATE
    assert [len(part.values) for part in parts if part.values.size] == [2, *([1] * (len(parts) - 2)), 2]
    middle = np.concatenate([part.values for part in parts[1:-1]], axis=1)[0]
    assert middle.size == pytest.approx(4000, abs=2)
    assert float(parts[1].time) == pytest.approx(0.1, abs=0.002)
    assert abs(np.fft.rfft(middle[:4000])).argmax() == 250  # 500 Hz in half a second
    assert parts[-1].time == Fraction(4800, RATE)


def test_samples_that_are_not_finite_are_silent_and_told():
    told, values = Told(), np.full(800, 0.25, np.float32)
    values[[3, 4, 5]] = np.nan, np.inf, -np.inf
    _, (samples,) = read(frame("mono", values=values), told=told)
    assert np.array_equal(samples.values, np.where(np.isfinite(values), values, 0)[None])
    assert told.said == [
        "the sound of film.mkv is damaged: 3 of its 800 samples are not finite (NaN or infinite), and are silent"
    ]

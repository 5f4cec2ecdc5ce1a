"""The sound of a file, counted from its first frame on: mp4, mkv and webm, late and early, with gaps."""

from __future__ import annotations

import math
from fractions import Fraction

import av
import numpy as np
import pytest
import torch

import odd_videos
from sora_core.video import budgets, sound_file
from sora_core.video.sound_file import read_sound

RATE = 48000
CODECS = {"mp4": "aac", "mkv": "pcm_s16le", "webm": "libopus", "mov": "alac"}


def write(path, spans, *, tracks=1):
    """Sound alone: a tone in each span of seconds; silence that no packet holds between."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream(CODECS[path.suffix[1:]], rate=RATE, layout="mono") for _ in range(tracks)]
        for number, stream in enumerate(streams, start=1):
            for begin, end in spans:
                for first in range(round(begin * RATE), round(end * RATE), 960):
                    wave = 0.4 / number * np.sin(2 * np.pi * 200 * (first + np.arange(960)) / RATE)
                    frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), format="fltp", layout="mono")
                    frame.sample_rate, frame.pts = RATE, first
                    frame.time_base = Fraction(1, RATE)
                    resampled = av.AudioResampler(format=stream.format.name, layout="mono", rate=RATE).resample(frame)
                    for part in resampled:
                        container.mux(stream.encode(part))
            container.mux(stream.encode(None))
    return path


def loud(sound, begin, end):
    return sound.waveform[..., round(begin * sound.rate) : round(end * sound.rate)].abs().max().item()


@pytest.mark.parametrize("suffix", sorted(CODECS))
def test_sound_is_heard_at_its_time(tmp_path, suffix):
    path = write(tmp_path / f"tone.{suffix}", [(0.0, 1.0)])
    sound = read_sound(path)
    assert (sound.rate, sound.waveform.shape[:2]) == (RATE, (1, 1))
    assert sound.seconds == pytest.approx(1.0, abs=0.05)
    assert 0.3 < loud(sound, 0.1, 0.9) < 0.5
    cut = read_sound(path, Fraction(1, 4), 0.5)
    assert cut.seconds == pytest.approx(0.5)
    expected = sound.waveform[..., RATE // 4 : RATE * 3 // 4]
    torch.testing.assert_close(cut.waveform, expected, atol=1e-3, rtol=0)


def test_sound_that_begins_late_or_has_a_gap_is_silent_there(tmp_path):
    sound = read_sound(write(tmp_path / "late.mkv", [(0.5, 1.0), (1.5, 2.0)]))
    assert sound.seconds == pytest.approx(2.0, abs=0.02)
    assert loud(sound, 0.0, 0.49) == 0
    assert loud(sound, 1.02, 1.49) == 0
    assert loud(sound, 0.52, 0.98) > 0.3
    assert loud(sound, 1.52, 1.98) > 0.3


def test_sound_before_the_first_frame_is_cut(tmp_path):
    sound = read_sound(write(tmp_path / "early.mkv", [(0.0, 0.5)]), Fraction(2, 5))
    assert sound.seconds == pytest.approx(0.1, abs=0.02)


def test_of_several_tracks_the_last_is_read_as_in_comfyui(tmp_path):
    assert loud(read_sound(write(tmp_path / "two.mkv", [(0.0, 0.5)], tracks=2)), 0.1, 0.4) == pytest.approx(
        0.2, abs=0.02
    )


def test_a_file_without_sound_is_silent_and_a_broken_one_is_refused(tmp_path):
    assert read_sound(odd_videos.write_at(tmp_path / "clip.mp4", range(0, 300, 100))) is None
    (tmp_path / "text.mp4").write_text("no video\n" * 99)
    with pytest.raises(ValueError, match=r"text\.mp4 is not a video that can be read"):
        read_sound(tmp_path / "text.mp4")


@pytest.mark.parametrize("spans", [[(0.0, 0.1), (100_000.0, 100_000.1)], [(100_000.0, 100_000.1)]])
def test_silence_for_days_is_refused_before_it_is_made(tmp_path, monkeypatch, spans):
    """By its timestamps a small file asks for 19 GB of silence."""
    path = write(tmp_path / "days.mkv", spans)
    assert path.stat().st_size < 100_000
    made, zeros = [], np.zeros
    monkeypatch.setattr(np, "zeros", lambda shape, *kind: made.append(shape) or zeros(shape, *kind))
    with pytest.raises(
        ValueError, match=r"days\.mkv is not a video .* its sound is silent for (100,000|99,999|100,001) s"
    ):
        read_sound(path)
    assert all(math.prod(shape) < RATE for shape in made)


def test_sound_for_which_there_is_no_memory_is_refused_while_it_is_read(tmp_path, monkeypatch):
    path = write(tmp_path / "long.mkv", [(0.0, 2.0)])
    assert read_sound(path) is not None
    monkeypatch.setattr(budgets, "free_memory", lambda: 100_000)
    monkeypatch.setattr(sound_file, "CHECKED", 1000)
    with pytest.raises(ValueError, match=r"long\.mkv is not a video .* its sound has [\d,]+ samples of 1 channels"):
        read_sound(path)


def write_changing(path, parts):
    """Half a second of a tone of 400 Hz for each (layout, rate), in a transport stream, where nothing repeats them."""
    begin = Fraction(0)
    data = b""
    for number, (layout, rate) in enumerate(parts):
        piece = path.with_suffix(f".{number}.ts")
        with av.open(str(piece), "w", format="mpegts", options={"mpegts_copyts": "1"}) as container:
            stream = container.add_stream("aac", rate=rate, layout=layout)
            count = rate // 2 // 1024 * 1024
            wave = (0.4 * np.sin(2 * np.pi * 400 * np.arange(count) / rate)).astype(np.float32)
            channels = av.AudioLayout(layout).nb_channels
            frame = av.AudioFrame.from_ndarray(np.tile(wave, (channels, 1)), format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, round(begin * rate), Fraction(1, rate)
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        begin += Fraction(count, rate)
        data += piece.read_bytes()
    path.write_bytes(data)
    return path, begin


@pytest.mark.parametrize("parts", [[("mono", 44100), ("mono", 22050)], [("mono", 32000), ("stereo", 48000)]])
def test_layout_and_rate_that_change_keep_pitch_length_and_loudness(tmp_path, parts):
    path, end = write_changing(tmp_path / "joined.ts", parts)
    sound = read_sound(path)
    assert (sound.rate, sound.waveform.shape[1]) == (parts[0][1], len(parts[-1][0]) // 3 or 1)
    assert sound.seconds == pytest.approx(float(end), abs=0.08)  # each part has the delay of its encoder
    for begin in (0.1, 0.7):
        piece = sound.waveform[0, :, round(begin * sound.rate) :][:, : sound.rate // 5].numpy()
        assert np.abs(np.fft.rfft(piece)).argmax(axis=1).tolist() == [80] * len(piece)  # 400 Hz in a fifth of a second
        np.testing.assert_allclose(piece.max(axis=1), 0.4, atol=0.05)


@pytest.mark.parametrize(
    ("layout", "kept"), [("7.1", "5.1"), ("7.0", "5.1"), ("hexadecagonal", "mono"), ("9 channels", "mono")]
)
def test_a_file_of_many_channels_is_read_as_one_that_can_be_written(tmp_path, layout, kept):
    """The file does not say which places 16 channels have."""
    path, told = tmp_path / "wide.mkv", odd_videos.Told()
    channels = av.AudioLayout(layout).nb_channels
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout=layout)
        values = np.full((1, 4800 * channels), 8192, np.int16)
        frame = av.AudioFrame.from_ndarray(values, format="s16", layout=layout)
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert read_sound(path, watch=told).waveform.shape == (1, av.AudioLayout(kept).nb_channels, 4800)
    assert told.said == [f"the sound of {path} is changed: its {channels} channels are mixed to {kept}"]

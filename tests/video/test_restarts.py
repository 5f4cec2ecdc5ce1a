"""Transport streams that were put one after another: every frame in its place, and the sound with it."""

from __future__ import annotations

import io
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
import torch

import odd_videos
from sora_core.video.decoding import shifts_in
from sora_core.video.file_frames import FileFrames
from sora_core.video.file_reader import read_file
from sora_core.video.sound_file import read_sound
from sora_core.video.video_io import probe, read_float_frames

FPS, RATE = 10, 48000


def write_part(path, first, frames):
    """Flat frames from brightness `first` on, with sound that is loud in the second half of the file."""
    with av.open(str(path), "w", format="mpegts") as container:
        picture = container.add_stream("libx264", rate=FPS, options={"bf": "2"})
        picture.height, picture.width, picture.pix_fmt = 32, 32, "yuv420p"
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        samples = frames * RATE // FPS
        wave = 0.5 * np.sin(2 * np.pi * 500 * np.arange(samples) / RATE) * (np.arange(samples) > samples // 2)
        for index in range(frames):
            level = np.full((32, 32, 3), first + 4 * index, np.uint8)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(level, format="rgb24")))
        tone = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), format="fltp", layout="mono")
        tone.sample_rate = RATE
        container.mux(sound.encode(tone))
        container.mux([*picture.encode(None), *sound.encode(None)])
    return path.read_bytes()


@pytest.fixture
def joined(tmp_path):
    path = tmp_path / "joined.ts"
    path.write_bytes(write_part(tmp_path / "a.ts", 20, 20) + write_part(tmp_path / "b.ts", 120, 30))
    return path


def levels(frames):
    return [round(255 * float(frame.mean())) for frame in frames]


LEVELS = [20 + 4 * index for index in range(20)] + [120 + 4 * index for index in range(30)]


@pytest.mark.parametrize(("one", "two"), [(25, 30), (30, 25), (25, 24)])
def test_parts_of_two_rates_are_decoded_whole_and_last_as_long_as_both(tmp_path, monkeypatch, one, two):
    """As many frames as ffmpeg's `-fps_mode passthrough` counts; at one rate some are shown twice or not at all."""
    made = b""
    for rate, first, frames in ((one, 20, 20), (two, 120, 30)):
        monkeypatch.setattr(sys.modules[__name__], "FPS", rate)
        made += write_part(tmp_path / "part.ts", first, frames)
    (path := tmp_path / "rates.ts").write_bytes(made)
    assert [round(255 * float(frame.floats().mean())) for frame in read_file(path)] == pytest.approx(LEVELS, abs=2)
    shown = FileFrames(path)
    assert len(shown) == 50
    assert len(shown) / shown.fps == pytest.approx(20 / one + 30 / two, abs=0.05)


def test_all_frames_are_shown_in_order_and_it_is_told(joined):
    told = odd_videos.Told()
    assert levels(read_float_frames(joined, watch=told)) == pytest.approx(LEVELS, abs=2)
    assert told.said == [f"{joined} has timestamps that start anew: its 2 parts are shown one after another"]
    assert probe(joined).fps == FPS


def test_late_frames_are_found(joined):
    for source in (joined, io.BytesIO(joined.read_bytes())):
        frames = FileFrames(source, watch=odd_videos.Told())
        assert len(frames) == 50
        assert levels(frames[45:]) == pytest.approx(LEVELS[45:], abs=2)
        assert levels(frames[15:25]) == pytest.approx(LEVELS[15:25], abs=2)
    part = FileFrames(joined, float(frames.begin) + 2.5, 1.0, watch=odd_videos.Told())
    assert levels(part) == pytest.approx(LEVELS[25:35], abs=2)


def test_the_sound_of_each_part_is_beside_its_frames(joined):
    begin = FileFrames(joined, watch=odd_videos.Told()).begin
    sound = read_sound(joined, begin)
    loud = [
        sound.waveform[..., round(t * RATE) : round((t + 0.1) * RATE)].abs().max() > 0.3 for t in np.arange(5) + 0.1
    ]
    assert loud == [False, True, False, False, True]
    assert sound.seconds == pytest.approx(5, abs=0.06)
    heard = (sound.waveform[0, 0, round(2.2 * RATE) :].abs() > 0.1).nonzero()[0, 0] / RATE + 2.2
    assert float(heard) == pytest.approx(3.5, abs=0.03)


def test_a_file_without_restarts_has_none(tmp_path, joined):
    assert shifts_in(tmp_path / "a.ts") == []
    assert shifts_in(joined) == [Fraction(2)]
    torch.testing.assert_close(
        torch.stack([*read_float_frames(tmp_path / "a.ts")]), torch.stack([*FileFrames(joined)][:20])
    )

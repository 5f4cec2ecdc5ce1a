"""Sources as nodes are given them: images of any number of channels, videos with their sound."""

from __future__ import annotations

import re

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import clip, encoded, run


def test_alpha_is_left_out_and_gray_is_spread(nodes, vae):
    rgba = torch.cat([clip(5), torch.rand(5, 32, 32, 1)], dim=-1)
    for images, plain in ((rgba, clip(5)), (clip(5)[..., :1], clip(5)[..., :1].expand(-1, -1, -1, 3))):
        latent, _ = run(nodes["SoraEditVideo"], source=images, vae=vae, strength=0.5, size=32, fps=8.0)
        torch.testing.assert_close(latent["samples"], encoded(vae, plain))


@pytest.fixture
def source():
    return import_from_pack("nodes.io.source")


@pytest.mark.parametrize("shape", [(5, 8, 8), (5, 8, 8, 2), (1, 5, 8, 8, 3)])
def test_images_of_another_shape_are_refused_with_it(source, shape):
    with pytest.raises(ValueError, match=rf"got images of shape {re.escape(str(shape))}, expected \[F H W 3\]"):
        source.source_clip_of(torch.zeros(shape), 8.0)


def test_images_have_the_rate_that_is_said_and_no_sound(source):
    made, sound = source.source_and_sound(clip(3), 12.0)
    assert (made.fps, made.varied, sound) == (12.0, False, None)
    assert torch.equal(made.frames, clip(3))


def test_a_video_has_a_rate_and_a_sound_of_its_own_and_is_read_once(source, nodes, monkeypatch):
    protocol, read = import_from_pack("nodes.host"), []
    tone = {"waveform": torch.ones(1, 1, 4), "sample_rate": 8}
    rgba = torch.cat([clip(3), torch.zeros(3, 32, 32, 1)], dim=-1)

    def recording(video, *, sound):
        read.append((video, sound))
        return protocol.Recording(rgba, 25.0, tone, varied=True)

    monkeypatch.setattr(protocol.current(), "read_video", recording)
    made, sound = source.source_and_sound("a video", 8.0)
    assert (made.fps, made.varied, sound, read) == (25.0, True, tone, [("a video", True)])
    assert torch.equal(made.frames, clip(3))
    source.source_clip_of("a video", 8.0)
    assert read[1:] == [("a video", False)]


def test_one_frame_is_no_frames(source):
    assert [source.counted(frames) for frames in (0, 1, 2)] == ["0 frames", "1 frame", "2 frames"]


def test_sound_is_the_first_clip_of_audio_and_none_where_there_is_no_sample(source):
    wave = torch.arange(6.0).view(2, 1, 3)
    sound = source.sound_of({"waveform": wave, "sample_rate": 8000})
    assert (sound.rate, sound.waveform.tolist()) == (8000, [[[0.0, 1.0, 2.0]]])
    assert source.sound_of(None) is None
    assert source.sound_of({"waveform": torch.zeros(1, 2, 0), "sample_rate": 8000}) is None


@pytest.mark.parametrize(("channels", "value", "problem"), [(8, 0.0, "8 channels"), (2, float("nan"), "not finite")])
def test_audio_that_no_file_can_hold_is_refused_when_it_is_read(source, channels, value, problem):
    audio = {"waveform": torch.full((1, channels, 8), value), "sample_rate": 8000}
    with pytest.raises(ValueError, match=problem):
        source.sound_of(audio)

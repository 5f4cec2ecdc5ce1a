"""Long videos on a tiny random model: length, seeds, one window as the plain pipeline, flat in what is held."""

import logging
from dataclasses import replace

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.windows import RollingWindow, SlidingWindow
from sora_core.long_video import long_latents, stream_long
from sora_core.pipeline import Pipeline
from tiny import PROMPT

FEW = SamplingOptions(steps=2)
SHAPE = VideoShape(41, 16, 32)


@pytest.fixture(scope="module")
def pipe(tiny_model_folder) -> Pipeline:
    return Pipeline.load(tiny_model_folder)


@pytest.mark.slow
@pytest.mark.parametrize("windows", [SlidingWindow(2, 3), RollingWindow(2, 3)])
def test_a_long_video_has_every_frame_and_is_decoded_as_one(pipe, windows):
    video = stream_long(pipe, PROMPT, SHAPE, 8.0, seed=3, sampling=replace(FEW, windows=windows)).collect()
    assert video.frames.shape == (41, 16, 32, 3)
    latents = long_latents(pipe, pipe.encode_text([PROMPT]), SHAPE, seed=3, sampling=replace(FEW, windows=windows))
    assert torch.equal(video.frames, pipe.decode(torch.cat(list(latents), dim=2))[0])


@pytest.mark.parametrize("windows", [None, SlidingWindow(2, 3), RollingWindow(2, 3)])
def test_a_length_that_windows_of_training_make_up_is_not_warned_of(taught_model_folder, windows, caplog):
    taught, shape = Pipeline.load(taught_model_folder), VideoShape(161, 32, 32)
    with caplog.at_level(logging.WARNING):
        next(long_latents(taught, taught.encode_text([PROMPT]), shape, sampling=replace(FEW, windows=windows)))
        assert not caplog.messages
        next(long_latents(taught, taught.encode_text([PROMPT]), shape._replace(height=64), sampling=FEW))
    (said,) = caplog.messages
    assert said == "32x64 is far from 32x32, its training size."


def test_what_fits_one_window_is_what_the_pipeline_makes(pipe):
    shape = VideoShape(17, 16, 32)
    ours = stream_long(pipe, PROMPT, shape, 8.0, seed=4, sampling=replace(FEW, windows=SlidingWindow(2, 3))).collect()
    plain = pipe.generate(PROMPT, width=32, height=16, seconds=2, seed=4, sampling=FEW)
    assert torch.equal(ours.frames, plain.frames)


@pytest.mark.slow
def test_frames_come_before_the_last_window_is_made(pipe):
    endless = VideoShape(4 * 10**6 + 1, 16, 32)
    stream = stream_long(pipe, PROMPT, endless, 8.0, sampling=replace(FEW, windows=SlidingWindow(2, 3)))
    assert next(stream.frames).shape == (16, 32, 3)


def test_a_batch_of_texts_gives_a_clip_each(pipe):
    text = pipe.encode_text([PROMPT, "a blue square moves left"])
    latents = torch.cat(
        list(long_latents(pipe, text, SHAPE, sampling=replace(FEW, windows=SlidingWindow(2, 3)))), dim=2
    )
    assert latents.shape[:3] == (2, pipe.vae.latent_channels, 11)


def test_an_empty_prompt_is_refused_before_anything_is_made(pipe):
    with pytest.raises(ValueError, match="prompt is empty"):
        stream_long(pipe, " ", SHAPE, 8.0)


def test_a_model_that_diverges_says_so(pipe, monkeypatch):
    monkeypatch.setattr(pipe, "guider", lambda *_: lambda x, level: x * float("nan"))
    with pytest.raises(FloatingPointError, match="not finite"):
        list(long_latents(pipe, pipe.encode_text([PROMPT]), SHAPE, sampling=FEW))

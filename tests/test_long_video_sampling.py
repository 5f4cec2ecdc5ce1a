"""Long videos are sampled as the model was made for, unless told otherwise."""

from dataclasses import replace

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.windows import SlidingWindow
from sora_core.long_video import long_latents, stream_long
from sora_core.pipeline import Pipeline
from tiny import PROMPT

SHAPE, WINDOWS = VideoShape(25, 16, 32), SlidingWindow(2, 3)
MADE_FOR = SamplingOptions(steps=3, guidance=1.5, shift=5.0, windows=WINDOWS)


@pytest.fixture
def pipe(tiny_model_folder) -> Pipeline:
    pipe = Pipeline.load(tiny_model_folder)
    pipe.made_for = replace(pipe.made_for, sampling=MADE_FOR)
    return pipe


def latents(pipe: Pipeline, **options) -> torch.Tensor:
    text = pipe.encode_text([PROMPT])
    return torch.cat(list(long_latents(pipe, text, SHAPE, seed=3, **options)), dim=2)


def test_without_options_latents_are_sampled_as_the_model_was_made_for(pipe):
    assert torch.equal(latents(pipe), latents(pipe, sampling=MADE_FOR))
    assert not torch.equal(latents(pipe), latents(pipe, sampling=SamplingOptions(steps=2, windows=WINDOWS)))


def test_without_options_a_stream_is_sampled_as_the_model_was_made_for(pipe):
    video = stream_long(pipe, PROMPT, SHAPE, 8.0, seed=3).collect()
    assert torch.equal(video.frames, pipe.decode(latents(pipe, sampling=MADE_FOR))[0])

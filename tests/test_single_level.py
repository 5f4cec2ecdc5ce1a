"""A model that takes one noise level for the clip, as Wan 2.1 does: known parts are held by replacing, everywhere."""

from dataclasses import replace

import pytest
import torch

from sora_core.canvas.abilities import animate_image
from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.windows import RollingWindow, SlidingWindow
from sora_core.long_video import long_latents
from sora_core.pipeline import Pipeline
from tiny import PROMPT, tiny_dit, tiny_text_encoder, tiny_vae

FEW = SamplingOptions(steps=3)
SHAPE = VideoShape(25, 16, 32)


@pytest.fixture(scope="module")
def pipe() -> Pipeline:
    dit = tiny_dit()
    dit.config = replace(dit.config, per_token_timesteps=False)
    return Pipeline(dit, tiny_vae(), tiny_text_encoder(), 8.0)


@pytest.fixture
def levels(pipe, monkeypatch) -> list[torch.Tensor]:
    """The noise levels that the model is given."""
    given: list[torch.Tensor] = []
    forward = pipe.dit.forward

    def spy(latents, noise_level, *rest):
        given.append(noise_level)
        return forward(latents, noise_level, *rest)

    monkeypatch.setattr(pipe.dit, "forward", spy)
    return given


def test_a_known_picture_is_held_by_replacing_and_comes_back(pipe, levels):
    shape = pipe.latent_shape(SHAPE)
    known = torch.randn(1, shape.channels, 1, shape.height, shape.width, generator=torch.Generator().manual_seed(0))
    latents = pipe.sample_canvas(pipe.encode_text([PROMPT]), animate_image(known, shape.frames), sampling=FEW)
    assert torch.equal(latents[:, :, :1], known)
    assert len(levels) == 3
    assert all(level.ndim == 1 for level in levels)


def test_windows_go_on_from_what_is_held_by_replacing(pipe, levels):
    windows = long_latents(pipe, pipe.encode_text([PROMPT]), SHAPE, sampling=replace(FEW, windows=SlidingWindow(2, 3)))
    assert torch.cat(list(windows), dim=2).shape[2] == 7
    assert len(levels) == 2 * 3
    assert all(level.ndim == 1 for level in levels)


@pytest.mark.parametrize("windows", [RollingWindow(2, 3), SlidingWindow(2, 3, 0.1)], ids=["rolling", "noised context"])
def test_windows_of_several_levels_are_refused(pipe, windows):
    with pytest.raises(
        ValueError, match="takes one timestep for the whole clip: use a SlidingWindow with context_level 0"
    ):
        next(long_latents(pipe, pipe.encode_text([PROMPT]), SHAPE, sampling=replace(FEW, windows=windows)))

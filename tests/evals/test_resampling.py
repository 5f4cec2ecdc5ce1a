"""Resampling: the ways differ only in how what is known is held, and errors are distances from the true place."""

from pathlib import Path

import pytest
import torch

from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.placement import Placement
from sora_core.diffusion.options import SamplingOptions
from sora_core.diffusion.replacement import ReplacementGuider
from sora_core.diffusion.sampler import initial_noise, sample
from sora_core.diffusion.schedule import noise_schedule, shifted_sigmas
from sora_core.evals import extensions, resampling
from sora_core.evals.extensions import TrueClips
from sora_core.evals.replacement import Hold, Replace, per_patch
from sora_core.evals.resampling import AHEAD, KNOWN, WAYS, score_resampling
from sora_core.pipeline import Pipeline
from tiny import PROMPT

FEW = SamplingOptions(steps=4, guidance=1.0)


@pytest.fixture
def pipe(tiny_model_folder: Path) -> Pipeline:
    return Pipeline.load(tiny_model_folder)


@pytest.fixture
def canvas() -> LatentCanvas:
    """The first two of four latent frames are known."""
    noise_level = torch.ones(1, 1, 4, 4, 4)
    noise_level[:, :, :2] = 0
    return LatentCanvas(torch.randn(1, 4, 4, 4, 4, generator=torch.Generator().manual_seed(1)), noise_level)


def test_without_jumps_replacing_is_that_of_the_core(pipe: Pipeline, canvas: LatentCanvas) -> None:
    text = pipe.encode_text([PROMPT])
    noise = initial_noise(canvas.clean.shape, 3)
    schedule = noise_schedule(shifted_sigmas(FEW.steps, FEW.shift), canvas.noise_level)
    expected = sample(ReplacementGuider(pipe.guider(text, FEW), canvas, noise), canvas, schedule, noise)
    assert torch.equal(Replace()(pipe, text, canvas, seed=3, sampling=FEW), expected)


def test_every_way_keeps_what_is_known_and_fills_the_rest_otherwise(pipe: Pipeline, canvas: LatentCanvas) -> None:
    text = pipe.encode_text([PROMPT])
    made = [hold(pipe, text, canvas, seed=3, sampling=FEW) for hold in WAYS.values()]
    for index, latents in enumerate(made):
        assert torch.equal(latents[:, :, :2], canvas.clean[:, :, :2])
        assert not any(torch.allclose(latents, other) for other in made[:index])


@pytest.mark.slow
def test_errors_are_medians_and_means_of_distances(pipe: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(pipe: Pipeline, clips: TrueClips, source: Placement, hold: Hold = per_patch) -> torch.Tensor:
        return clips.pixels[:, :, [*range(KNOWN), *[KNOWN - 1] * (source.frames - KNOWN)]]

    monkeypatch.setattr(resampling, "extended", stopped)
    score = score_resampling(pipe, "replacement", count=9)
    assert score.medians[0] < score.medians[1] < score.medians[2]  # an object that moves away from one that stops
    assert 0.4 < score.means[0].value < 2.5  # the speeds of the world, in pixels a frame
    assert all(mean.low < mean.value < mean.high for mean in score.means)
    assert len(score.medians) == len(score.means) == len(AHEAD)


@pytest.mark.slow
def test_the_measure_extends_with_the_way_that_it_is_given(pipe: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "SAMPLING", SamplingOptions(steps=2, guidance=1.0))
    scores = [score_resampling(pipe, way, count=1) for way in ("per patch", "replacement")]
    assert scores[0].medians != scores[1].medians

"""Permanence: true clips pass the check, clips that stop do not, and the distance is that from the true place."""

import random
from pathlib import Path

import pytest
import torch

from sora_core.canvas.placement import Placement
from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import extensions, permanence
from sora_core.evals.permanence import FRAMES, GIVEN, score_permanence
from sora_core.pipeline import Pipeline
from sora_core.world.flat import Hidden, held_out, richer, sample_scenes


def as_they_are(pipe: Pipeline, pixels: torch.Tensor) -> torch.Tensor:
    return pixels


@pytest.fixture
def pipe(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setattr(extensions, "SAMPLING", SamplingOptions(steps=1, guidance=1.0))
    return Pipeline.load(tiny_model_folder)


@pytest.mark.slow
@pytest.mark.parametrize("given", GIVEN)
def test_true_clips_come_out_where_they_should(given: str, pipe: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    def perfect(pipe: Pipeline, clips: extensions.TrueClips, source: Placement) -> torch.Tensor:
        return clips.pixels

    monkeypatch.setattr(permanence, "extended", perfect)
    monkeypatch.setattr(permanence, "through_vae", as_they_are)
    score = score_permanence(pipe, given, count=8)
    assert score.share >= 7 / 8
    assert score.true_share == score.share
    assert score.distance == 0


@pytest.mark.slow
def test_an_object_that_stays_behind_the_wall_counts_as_lost(pipe: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(pipe: Pipeline, clips: extensions.TrueClips, source: Placement) -> torch.Tensor:
        return torch.cat(
            [
                clips.pixels[:, :, : source.length],
                clips.pixels[:, :, source.length - 1, None].expand(-1, -1, source.frames - source.length, -1, -1),
            ],
            dim=2,
        )

    monkeypatch.setattr(permanence, "extended", stopped)
    for given in GIVEN:
        score = score_permanence(pipe, given, count=4)
        assert (score.share, score.distance) == (0, None)


def test_what_is_given_ends_before_the_object_comes_out() -> None:
    rng = random.Random(1)
    scenes = sample_scenes([richer(Hidden, first, rng) for first in held_out()], rng)
    video = VideoShape(FRAMES, 64, 64)
    unit, x = 64, scenes.centres(video, 8.0)[:, 0, :, 1]
    left, right = scenes.wall_edges(video)
    rightward = scenes.velocity[:, 0, 1] > 0
    near, far = torch.where(rightward, left, right)[:, None], torch.where(rightward, right, left)[:, None]
    sign = rightward[:, None] * 2.0 - 1
    behind, beyond = sign * (x - near) / unit, sign * (x - far) / unit  # of the centre, past the wall's two edges
    radius = scenes.radius
    half, out_of_sight = (1 + 4 * (latents - 1) - 1 for latents in GIVEN.values())  # last frames that are given
    assert ((behind[:, half, None] > -radius) & (behind[:, half, None] < radius)).all()
    assert (beyond[:, out_of_sight, None] + radius < 2 / unit).all()  # a sliver under 2 pixels at most
    assert (beyond[:, -1:] > radius).all()


@pytest.mark.slow
def test_an_untrained_model_has_no_permanence(pipe: Pipeline) -> None:
    score = score_permanence(pipe, next(iter(GIVEN)), count=2)
    assert (score.clips, score.share, score.distance) == (2, 0, None)

"""Errors by noise level: nothing for a model that knows the clean latents, and a row for each level and domain."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.__main__ import main
from sora_core.evals.levels import LEVELS, score_levels
from sora_core.pipeline import Pipeline
from sora_core.world import DOMAINS

VIDEO = VideoShape(5, 32, 32)


@pytest.fixture
def pipe(tiny_model_folder: Path) -> Pipeline:
    return Pipeline.load(tiny_model_folder)


def test_a_model_that_says_zero_velocity_is_off_by_all_that_the_noise_did(
    pipe: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the clean latents are taken to be the noisy ones: level^2 of the squared distance from clean to noise."""
    monkeypatch.setattr(pipe.dit, "forward", lambda latents, level, text: torch.zeros_like(latents))
    scores = score_levels(pipe, DOMAINS["flat"], VIDEO, count=3)
    assert [score.level for score in scores] == list(LEVELS)
    whole = scores[0].with_prompt
    assert whole > 0
    for score in scores:
        assert score.with_prompt == score.without == pytest.approx(score.level**2 * whole, rel=1e-3)


def test_clips_in_two_batches_are_as_many_clips(pipe: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr("sora_core.evals.levels.BATCH", 2)
    monkeypatch.setattr(
        pipe.dit, "forward", lambda latents, level, text: seen.append(len(latents)) or torch.zeros_like(latents)
    )
    score_levels(pipe, DOMAINS["flat"], VIDEO, count=3)
    assert sum(seen) == 3 * 2 * len(LEVELS)


def test_the_command_measures_one_domain(tiny_model_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--model", str(tiny_model_folder), "--count", "2", "--domain", "painter", "--shapes", "1"]
    assert main(["levels", *options]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "painter" in line]
    assert len(lines) == len(LEVELS)

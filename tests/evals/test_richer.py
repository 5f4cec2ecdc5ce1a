"""Richer prompts: shares of what was seen, and an untrained model that shows next to nothing of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals import richer
from sora_core.evals.richer import score_richer
from sora_core.pipeline import Pipeline
from sora_core.world.flat import Panned


@pytest.mark.slow
def test_an_untrained_model_scores_badly(rows: Callable[..., list[dict[str, Any]]]) -> None:
    table = rows("richer", 1)
    assert sum(row["share"] for row in table) / len(table) < 0.5


def test_shares_are_of_all_clips_and_seeds_differ_between_batches(
    tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds, answers = [], iter([True, False, False])

    def clips(pipe: Pipeline, prompts: list[str], video: VideoShape, *, seed: int) -> torch.Tensor:
        assert all("camera" in prompt for prompt in prompts)
        seeds.append(seed)
        return torch.zeros(len(prompts), 3, *video)

    monkeypatch.setattr(richer, "BATCH", 2)
    monkeypatch.setattr(richer, "generate_clips", clips)
    monkeypatch.setattr(richer, "clip_psnrs", lambda vae, clips: [10.0] * len(clips))
    monkeypatch.setattr(richer, "check_scene", lambda scene, clip, fps: {"object": True, "camera": next(answers)})
    score = score_richer(Pipeline.load(tiny_model_folder), Panned, count=3, seed=5)
    assert (score.kind, score.clips, score.psnr) == ("panned", 3, 10.0)
    assert score.shares == {"object": 1.0, "camera": pytest.approx(1 / 3)}
    assert seeds == [5, 7]

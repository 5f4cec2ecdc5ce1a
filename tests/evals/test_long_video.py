"""A minute from windows: read at the moments that are told, and compared with the clip's own beginning."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sora_core.evals import long_video
from sora_core.evals.long_video import WAYS, score_long
from sora_core.pipeline import Pipeline
from sora_core.world.flat import held_out, render, sample_scenes


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_the_command_has_a_row_for_each_way_and_moment(
    rows: Callable[..., list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_video, "SECONDS", (3, 4))
    assert [(row["windows"], row["after"]) for row in rows("long", 2)] == [
        (way, after) for way in ("sliding", "rolling") for after in ("3 s", "4 s")
    ]


@pytest.mark.slow
def test_what_changes_after_the_first_seconds_is_told_from_then_on(
    tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """True clips of 6 s that turn black for their last 2 s."""

    def turned_black(
        pipe: Pipeline, wanted: list[Any], windows: object, rng: Any, seed: int
    ) -> torch.Tensor:  # [B F H W 3]
        clips = render(sample_scenes(wanted, rng), pipe.video_shape(64, 64, seconds=6, fps=pipe.fps), pipe.fps)
        clips[:, :, 32:] = -1
        return ((clips + 1) * 127.5).round().byte().movedim(1, -1)

    monkeypatch.setattr(long_video, "SECONDS", (4, 6))
    monkeypatch.setattr(long_video, "_clips", turned_black)
    early, late = score_long(Pipeline.load(tiny_model_folder), next(iter(WAYS)), count=4)
    assert (early.seconds, late.seconds, early.clips) == (4, 6, 4)
    assert early.shares == (1, 1, 1)
    assert late.shares[0] == 0
    assert late.shares[2] == sum(one.background.name == "BLACK" for one in held_out()[:4]) / 4
    assert abs(early.changes[2].mean) < 2  # contrast
    assert late.changes[2].mean < -5

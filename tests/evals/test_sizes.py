"""Sizes of generated objects: the ratio of areas to the true ones, and a row for each way to sample."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import sizes
from sora_core.pipeline import Pipeline


@pytest.mark.slow
def test_true_clips_have_the_true_size(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "made", lambda pipe, part, *, sampling: sizes.drawn(pipe, part))
    score = sizes.score_sizes(Pipeline.load(tiny_model_folder), "guidance 1", count=3)
    assert score.area == pytest.approx((1, 1, 1))


@pytest.mark.slow
def test_the_command_has_a_row_for_each_way_to_sample(
    rows: Callable[..., list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = dict.fromkeys(sizes.WAYS, SamplingOptions(steps=2, guidance=1.0))
    monkeypatch.setattr(sizes, "WAYS", ways)
    assert [row["generated with"] for row in rows("sizes", 2)] == list(ways)

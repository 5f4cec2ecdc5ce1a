"""Measures in a few steps: what they show of a model is then worth nothing, how they come to it is the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sora_core.diffusion.history import HistoryGuidance
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import continuations, long_video, seams, sources
from sora_core.evals.__main__ import main
from sora_core.evals.sources import SOURCES


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what extends clips."""
    for module in (continuations, seams, sources, long_video):
        monkeypatch.setattr(module, "SAMPLING", SamplingOptions(steps=1, guidance=1.0))
    monkeypatch.setattr(
        continuations, "FOLLOWING", SamplingOptions(steps=1, guidance=1.0, history=HistoryGuidance(1.5))
    )
    quick = partial(sources.made, sampling=SamplingOptions(steps=1, guidance=1.0))
    monkeypatch.setattr(seams, "OWN", quick)
    for source in list(SOURCES)[:-1]:
        monkeypatch.setitem(SOURCES, source, quick)


@pytest.fixture
def rows(tiny_model_folder: Path, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Runs a measure on an untrained model as people do: rows(measure, count) -> what it writes to --json."""

    def measured(measure: str, count: int) -> list[dict[str, Any]]:
        numbers = tmp_path / "numbers.json"
        command = [measure, "--model", str(tiny_model_folder), "--count", str(count), "--json", str(numbers)]
        assert main(command) == 0
        return json.loads(numbers.read_text())

    return measured

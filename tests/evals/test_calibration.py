"""Calibration: the slope of true values on estimates of them, at each noise level."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import calibration
from sora_core.evals.calibration import LEVELS, slope_of


def test_an_estimate_of_half_the_size_has_a_slope_of_two() -> None:
    true = torch.randn(4, 3, 2)
    assert slope_of(true, true / 2 + 5) == pytest.approx(2)
    assert slope_of(true, true) == pytest.approx(1)


def test_the_command_has_a_row_for_each_noise_level(
    rows: Callable[..., list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "SAMPLING", SamplingOptions(steps=2, guidance=1.0))
    assert [row["noise level"] for row in rows("calibration", 2)] == [f"{level:g}" for level in LEVELS]

"""What DPM++ 2M and UniPC share, with values by hand."""

from __future__ import annotations

import math

import pytest
import torch

from sora_core.diffusion.solvers.exponential import extrapolated, log_snr, slope_of_clean, towards


def level(value: float) -> torch.Tensor:
    return torch.tensor([value], dtype=torch.float64)


@pytest.mark.parametrize(("at", "expected"), [(0.5, 0.0), (0.25, math.log(3)), (0.0, math.inf), (1.0, -math.inf)])
def test_the_log_snr_is_that_of_clean_to_noise(at, expected):
    assert log_snr(level(at)).item() == pytest.approx(expected)


def test_a_step_goes_along_the_straight_line_to_the_prediction():
    x, clean = level(4.0), level(1.0)
    assert towards(x, clean, level(0.75), level(0.5)).item() == pytest.approx(2 / 3 * 4 + 1 / 3 * 1)
    assert towards(x, clean, level(0.75), level(0.0)).item() == 1.0
    for still in (0.0, 0.75, 1.0):
        assert towards(x, clean, level(still), level(still)).item() == 4.0


def test_the_slope_is_per_unit_of_log_snr_and_zero_after_an_endless_or_no_step():
    now, before = level(3.0), level(1.0)
    length = math.log(3) - math.log(1 / 3)
    assert slope_of_clean(now, level(0.25), before, level(0.75)).item() == pytest.approx(2 / length)
    assert slope_of_clean(now, level(0.5), before, level(0.5)).item() == 0
    assert slope_of_clean(now, level(0.5), before, level(1.0)).item() == 0


def test_the_prediction_is_taken_at_the_middle_of_the_step():
    length = math.log(3) - math.log(1 / 3)
    assert extrapolated(level(1.0), level(2.0), level(0.75), level(0.25)).item() == pytest.approx(1 + length)
    for start, end in ((1.0, 0.5), (0.5, 0.0)):
        assert extrapolated(level(1.0), level(2.0), level(start), level(end)).item() == 1.0

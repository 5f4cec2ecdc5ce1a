"""Bootstrap intervals: the same for the same clips, about as wide as theory says, and written compactly."""

import pytest
import torch

from sora_core.evals.intervals import Interval, mean, ratio_of_means


def test_an_interval_of_a_mean_is_that_of_theory() -> None:
    values = torch.randn(100, generator=torch.Generator().manual_seed(0)) + 3
    interval = mean(values)
    assert interval.value == pytest.approx(values.mean().item())
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std().item() / 10, rel=0.1)
    assert mean(values) == interval


def test_a_ratio_is_of_the_means_and_knows_that_both_are_of_the_same_clips() -> None:
    below = torch.rand(50, generator=torch.Generator().manual_seed(0)) + 0.5
    low, high = ratio_of_means(2 * below, below)[1:]
    assert low == pytest.approx(2)
    assert high == pytest.approx(2)
    interval = ratio_of_means(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0]))
    assert interval == (2.0, 1.0, 3.0)


def test_an_interval_is_written_with_its_ends() -> None:
    assert str(Interval(1.184, 0.9, 1.5)) == "1.18 (0.90 to 1.50)"

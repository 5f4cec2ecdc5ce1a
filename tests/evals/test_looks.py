"""The look of clips in three numbers, by hand, and their change with a sign and an interval."""

import pytest
import torch

from sora_core.evals.looks import Change, drift_of, look_of, mean_change


def test_drift_is_a_slope_with_its_sign_and_an_interval() -> None:
    def looks(step: int) -> torch.Tensor:
        tones = torch.tensor([90, 100, 110], dtype=torch.uint8)[:, None, None, None, None]
        parts = [(tones + step * at).expand(3, 2, 8, 8, 3).contiguous() for at in range(5)]
        return torch.stack([look_of(part) for part in parts], dim=2)

    lightness, chroma, contrast = drift_of(looks(10))
    assert lightness.mean == pytest.approx(4, abs=0.5)  # about 0.4 of Lab's 100 for one of 255
    assert lightness.margin < 0.2
    assert abs(chroma.mean) < 0.01
    assert abs(contrast.mean) < 0.01
    assert drift_of(looks(-10))[0].mean == pytest.approx(-4, abs=0.5)


def test_a_change_that_is_chance_has_an_interval_with_zero() -> None:
    torch.manual_seed(0)
    for change in mean_change(torch.randn(50, 3)):
        assert abs(change.mean) < change.margin * 1.6
    for change in mean_change(torch.randn(50, 3) + 1):
        assert change.mean > change.margin


def test_the_look_of_a_clip_is_its_mean_lightness_chroma_and_contrast_in_lab() -> None:
    white = torch.full((1, 2, 4, 4, 3), 255, dtype=torch.uint8)
    halves = white.clone()
    halves[:, :, :, 2:] = 0
    red = white * torch.tensor([1, 0, 0], dtype=torch.uint8)
    looks = torch.cat([look_of(clip) for clip in (white, halves, red)])
    expected = [[100, 0, 0], [50, 0, 50 * (16 / 15) ** 0.5], [53.24, 104.55, 0]]  # that of red is Lab's own
    torch.testing.assert_close(looks, torch.tensor(expected), rtol=0, atol=0.05)


def test_a_change_is_told_with_its_sign_and_margin() -> None:
    change, other = mean_change(torch.tensor([[1.0, -2.0], [3.0, -2.0]]), ("lightness", "area"))
    assert change == Change("lightness", 2.0, pytest.approx(1.96))  # a deviation of the root of 2, of 2 clips
    assert str(change) == "+2.00 +- 1.96"
    assert str(other) == "-2.00 +- 0.00"

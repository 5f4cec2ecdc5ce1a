"""Frames in CIE Lab: values of the standard, and back to the pixels they came from."""

import pytest
import torch

from sora_core.video.lab import from_lab, to_lab


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((1.0, 1.0, 1.0), (100.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((0.5, 0.5, 0.5), (53.39, 0.0, 0.0)),
        ((1.0, 0.0, 0.0), (53.24, 80.09, 67.20)),
        ((0.0, 0.0, 1.0), (32.30, 79.20, -107.86)),
    ],
)
def test_colours_have_the_values_of_the_standard(rgb: tuple[float, ...], lab: tuple[float, ...]) -> None:
    frames = torch.tensor(rgb).expand(2, 4, 6, 3)
    converted = to_lab(frames)
    assert converted.shape == (2, 3, 4, 6)
    torch.testing.assert_close(converted[1, :, 2, 3], torch.tensor(lab), rtol=0, atol=0.05)


def test_a_round_trip_gives_the_pixels_back_with_any_number_of_axes() -> None:
    frames = torch.rand(2, 3, 4, 6, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(from_lab(to_lab(frames)), frames, rtol=0, atol=1e-3)


def test_colours_that_no_screen_shows_are_cut() -> None:
    outside = torch.tensor([[120.0, 0.0, 0.0], [50.0, 150.0, 0.0], [-10.0, 0.0, 0.0]]).T[:, None]  # [3 1 3]
    frames = from_lab(outside)
    assert frames[0, 0].tolist() == [1, 1, 1]
    assert frames[0, 2].tolist() == [0, 0, 0]
    assert frames.min() >= 0
    assert frames.max() <= 1


def test_half_precision_is_converted_in_float32() -> None:
    assert to_lab(torch.ones(1, 2, 2, 3, dtype=torch.bfloat16)).dtype is torch.float32

"""The canvas accepts exactly what the sampler can walk."""

import pytest
import torch

from sora_core.canvas.latent_canvas import LatentCanvas
from sora_core.canvas.shapes import LatentShape


def test_shape_and_batch_are_those_of_the_latents():
    canvas = LatentCanvas(torch.zeros(2, 16, 5, 8, 6), torch.ones(2, 1, 5, 8, 6))
    assert canvas.batch == 2
    assert canvas.shape == LatentShape(channels=16, frames=5, height=8, width=6)


@pytest.mark.parametrize(
    ("clean", "noise_level", "message"),
    [
        (torch.zeros(16, 5, 8, 6), torch.ones(1, 1, 5, 8, 6), "B C T H W"),
        (torch.zeros(1, 16, 0, 8, 6), torch.ones(1, 1, 0, 8, 6), "not empty"),
        (torch.zeros(2, 16, 5, 8, 6), torch.ones(1, 1, 5, 8, 6), r"\(2, 1, 5, 8, 6\), got \(1, 1, 5, 8, 6\)"),
        (torch.zeros(1, 16, 5, 8, 6), torch.ones(1, 16, 5, 8, 6), "noise_level"),
        (torch.zeros(1, 16, 5, 8, 6), torch.full((1, 1, 5, 8, 6), 1.5), "0..1, got 1.5..1.5"),
        (torch.zeros(1, 16, 5, 8, 6), torch.full((1, 1, 5, 8, 6), float("nan")), "0..1"),
    ],
)
def test_what_does_not_fit_is_rejected_with_got_and_expected(clean, noise_level, message):
    with pytest.raises(ValueError, match=message):
        LatentCanvas(clean, noise_level)

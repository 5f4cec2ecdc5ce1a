"""Each recipe marks what is known and what is to be invented."""

import pytest
import torch

from sora_core.abilities import text_to_image, text_to_video
from sora_core.shapes import LatentShape


def test_text_to_video_invents_everything():
    canvas = text_to_video(LatentShape(16, 5, 8, 6), batch=2)
    assert canvas.shape == LatentShape(16, 5, 8, 6)
    assert canvas.batch == 2
    assert canvas.clean.dtype == torch.float32
    assert bool((canvas.noise_level == 1).all())
    assert bool((canvas.clean == 0).all())


def test_text_to_image_is_a_video_of_one_latent_frame():
    canvas = text_to_image(LatentShape(16, 5, 8, 6), dtype=torch.float64)
    assert canvas.shape == LatentShape(16, 1, 8, 6)
    assert canvas.noise_level.dtype == torch.float64


@pytest.mark.parametrize(("shape", "batch"), [((16, 5, 8, 6), 0), ((16, 0, 8, 6), 1), ((16, 5, 8, -1), 1)])
def test_sizes_below_one_are_rejected(shape, batch):
    with pytest.raises(ValueError, match=">= 1"):
        text_to_video(LatentShape(*shape), batch)

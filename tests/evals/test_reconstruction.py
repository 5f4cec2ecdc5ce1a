"""PSNR by hand, and a judge of VAEs that tells an untrained one."""

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.reconstruction import psnr, score_reconstruction
from tiny import tiny_vae

SMALL = VideoShape(5, 32, 32)


def test_psnr_is_that_of_pixels_in_minus_one_to_one() -> None:
    target = torch.zeros(3, 4, 4)
    assert psnr(target + 0.2, target) == pytest.approx(20.0, abs=1e-4)
    assert psnr(target, target) == pytest.approx(106.0, abs=0.1)  # capped, not infinite


def test_an_untrained_vae_reconstructs_badly() -> None:
    assert score_reconstruction(tiny_vae(), SMALL, fps=8.0, count=4) < 20

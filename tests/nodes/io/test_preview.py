"""Previews: colours as they are, by hand and as fitted to a VAE."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from sora_core.canvas.shapes import Compression


def test_preview_colours_show_a_colour_as_it_is(tiny_model_folder):
    preview = import_from_pack("nodes.io.preview")
    colours = torch.tensor([[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.25, 0.25, 0.25]])
    estimate = torch.zeros(1, 3, 2, 4, 6)
    estimate[:, 0, 1] = 1.0
    picture = preview.estimate_frame(estimate, colours, 3)
    assert picture.size == (6, 4)
    assert picture.getpixel((0, 0)) == (191, 64, 64)


def test_preview_colours_are_fitted_to_the_vae(tiny_model_folder):
    preview, checkpoint = import_from_pack("nodes.io.preview"), import_from_pack("sora_core.checkpoint")
    colours = preview.fit_colours(checkpoint.load_vae(tiny_model_folder / "vae.safetensors"))
    assert colours.shape == (5, 3)
    assert colours.isfinite().all()


class Linear(torch.nn.Module):
    """A VAE whose latents are a linear map of the mean colour of each patch, and a constant."""

    compression = Compression(4, 8, 8)

    def __init__(self):
        super().__init__()
        self.mix = torch.nn.Parameter(torch.randn(5, 3, generator=torch.Generator().manual_seed(0)))

    def encode(self, pixels):
        means = torch.nn.functional.avg_pool3d(pixels[:, :, ::4], (1, 8, 8))
        return torch.einsum("cr,brthw->bcthw", self.mix, means) + 0.7


def test_of_a_linear_vae_the_fitted_colours_are_exact():
    preview, vae = import_from_pack("nodes.io.preview"), Linear()
    colour = (0.2, 1.0, 0.6)
    pixels = torch.tensor(colour).view(1, 3, 1, 1, 1).expand(1, 3, 5, 16, 24) * 2 - 1
    with torch.no_grad():
        picture = preview.estimate_frame(vae.encode(pixels), preview.fit_colours(vae), 1)
    assert picture.size == (3, 2)
    assert picture.getpixel((1, 1)) == (51, 255, 153)


@pytest.mark.parametrize("bias", [None, [0.2, -0.4, 0.0]])
def test_the_hosts_factors_are_for_minus_one_to_one_and_ours_for_0_to_1(bias):
    colours = import_from_pack("nodes.io.preview").colours_of([[1.0, 0.0, -1.0], [0.5, 0.5, 0.5]], bias)
    constant = [0.5, 0.5, 0.5] if bias is None else [0.6, 0.3, 0.5]
    torch.testing.assert_close(colours, torch.tensor([[0.5, 0.0, -0.5], [0.25, 0.25, 0.25], constant]))

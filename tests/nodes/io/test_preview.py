"""Previews: colours as they are, decoded by a small VAE, by a map made by hand and by one fitted to a VAE."""

from __future__ import annotations

import copy
import random
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import avg_pool3d

from headless.pack import import_from_pack
from sora_core.canvas.shapes import Compression, VideoShape
from sora_core.checkpoint.model_folders import ModelFolder
from sora_core.models.wan.vae import VAEConfig, VideoVAE
from sora_core.world.flat import Background, render, sample_scenes, training_combinations

GREYS = {"black": 0.0, "grey": 0.5, "white": 1.0}
FRAMES = 5  # latent frames: the first, and later ones, which a causal VAE encodes otherwise


def flat(rgb: tuple[float, ...], frames: int, height: int, width: int) -> torch.Tensor:
    """A clip of one colour, [1 3 F H W] in -1..1."""
    return torch.tensor(rgb).view(1, 3, 1, 1, 1).expand(1, 3, frames, height, width) * 2 - 1


def rgb_of(picture: Image.Image) -> torch.Tensor:
    """[3 H W] in 0..255."""
    return torch.from_numpy(np.array(picture)).float().movedim(-1, 0)


class Bundled:
    """The bundled VAE and its previews."""

    def __init__(self) -> None:
        self.vae: Any = import_from_pack("sora_core.checkpoint").load_vae(ModelFolder.bundled("nano").vae)
        preview = import_from_pack("nodes.io.preview")
        self.colours = preview.fit_colours(self.vae)
        self.show = preview.previewer_of(self.vae, self.colours)
        self.video = VideoShape(
            self.vae.compression.video_frames(FRAMES), 8 * self.vae.compression.height, 8 * self.vae.compression.width
        )

    @torch.no_grad()
    def shown(self, pixels: torch.Tensor) -> torch.Tensor:
        """Previews of all latent frames of a clip [1 3 F H W]: the mean colour of each latent, [3 T h w] in 0..255."""
        latents = self.vae.encode(pixels)
        return self._means(torch.stack([rgb_of(self.show(latents, number)) for number in range(FRAMES)], dim=1))

    @torch.no_grad()
    def decoded(self, pixels: torch.Tensor) -> torch.Tensor:
        """The same of the last pixel frame of each latent frame, through the whole VAE."""
        whole = self.vae.decode(self.vae.encode(pixels))[0, :, :: self.vae.compression.time]
        return self._means((whole.clamp(-1, 1) + 1) * 127.5)

    def _means(self, frames: torch.Tensor) -> torch.Tensor:
        return avg_pool3d(frames, (1, self.vae.compression.height, self.vae.compression.width))


@pytest.fixture(scope="module")
def bundled() -> Bundled:
    return Bundled()


@pytest.fixture
def tiny(tiny_model_folder) -> Any:
    """The VAE of the tiny model."""
    return import_from_pack("sora_core.checkpoint").load_vae(tiny_model_folder / "vae.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize("background", [Background.BLACK, Background.WHITE, Background.GRAY])
def test_flat_black_white_and_grey_of_the_world_are_shown_within_8_of_255(bundled, background):
    error = bundled.shown(flat(background.rgb, *bundled.video)) - torch.tensor(background.rgb).view(3, 1, 1, 1) * 255
    assert error.abs().max() <= 8


@pytest.mark.slow
@pytest.mark.parametrize("grey", list(GREYS))
def test_flat_black_white_and_grey_are_shown_within_8_of_255_of_what_the_vae_makes_of_them(bundled, grey):
    pixels = flat((GREYS[grey],) * 3, *bundled.video)
    assert (bundled.shown(pixels) - bundled.decoded(pixels)).abs().max() <= 8


@pytest.mark.slow
def test_clips_of_the_world_are_shown_as_the_vae_decodes_them(bundled):
    rng = random.Random(3)
    scenes = sample_scenes([rng.choice(training_combinations()) for _ in range(2)], rng)
    for clip in render(scenes, bundled.video, 8.0).split(1):
        assert (bundled.shown(clip) - bundled.decoded(clip)).square().mean().sqrt() <= 8


@pytest.mark.slow
def test_the_bundled_model_s_map_for_the_host_s_own_previews_is_nearer_to_true_clips_than_grey(bundled):
    rng = random.Random(3)
    clips = render(
        sample_scenes([rng.choice(training_combinations()) for _ in range(8)], rng), bundled.video, 8.0
    )  # [B 3 F H W]
    compression = bundled.vae.compression
    true = avg_pool3d(clips[:, :, 1:], (compression.time, compression.height, compression.width))  # from frame 1 on
    with torch.no_grad():
        latents = bundled.vae.encode(clips)[:, :, 1:]
    shown = torch.einsum("bcthw,cr->brthw", latents, bundled.colours[:-1]) + bundled.colours[-1].view(3, 1, 1, 1)
    error = (shown.clamp(0, 1) - (true + 1) / 2).square().mean().sqrt()
    assert error < 0.4 * (true / 2).square().mean().sqrt()


def test_a_later_frame_is_decoded_after_the_one_before_it_and_the_first_alone(tiny):
    preview = import_from_pack("nodes.io.preview")
    show = preview.previewer_of(tiny, torch.zeros(5, 3))
    latents = torch.randn(2, 4, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for number, part in ((0, latents[:1, :, :1]), (2, latents[:1, :, 1:3]), (4, latents[:1, :, :2])):
            picture = show(latents, number)
            expected = (tiny.decode(part)[0, :, -1].clamp(-1, 1) + 1) * 127.5
            assert picture.size == (48, 32)
            assert (rgb_of(picture) - expected).abs().max() <= 0.51


def test_what_the_host_does_with_its_vae_does_not_change_previews(tiny):
    show = import_from_pack("nodes.io.preview").previewer_of(tiny, torch.zeros(5, 3))
    latents = torch.randn(1, 4, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    before = rgb_of(show(latents, 1))
    with torch.no_grad():
        for weight in tiny.parameters():
            weight.zero_()
    tiny.to(torch.bfloat16)
    assert torch.equal(rgb_of(show(latents, 1)), before)


def test_frames_that_would_take_long_to_decode_are_mapped_linearly(tiny, monkeypatch):
    preview = import_from_pack("nodes.io.preview")
    show = preview.previewer_of(tiny, torch.zeros(5, 3))
    weights = sum(weight.numel() for weight in tiny.decoder.parameters())
    monkeypatch.setattr(preview, "MOST_WORK", 24 * weights)
    assert show(torch.zeros(1, 4, 1, 4, 6), 0).size == (48, 32)
    assert show(torch.zeros(1, 4, 1, 5, 6), 0).size == (6, 5)


def test_a_large_vae_is_not_kept_for_previews():
    preview = import_from_pack("nodes.io.preview")
    wan = VideoVAE(VAEConfig(), device="meta")
    assert isinstance(preview.previewer_of(wan, torch.zeros(17, 3)), preview.LinearPreviewer)


def test_linear_previews_show_a_colour_as_it_is():
    preview = import_from_pack("nodes.io.preview")
    colours = torch.tensor([[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.25, 0.25, 0.25]])
    estimate = torch.zeros(1, 3, 2, 4, 6)
    estimate[:, 0, 1] = 1.0
    picture = preview.LinearPreviewer(colours)(estimate, 3)
    assert picture.size == (6, 4)
    assert picture.getpixel((0, 0)) == (191, 64, 64)


def test_colours_are_fitted_to_any_vae(tiny):
    colours = import_from_pack("nodes.io.preview").fit_colours(tiny)
    assert colours.shape == (5, 3)
    assert colours.isfinite().all()


class Linear(torch.nn.Module):
    """A VAE whose latents are a linear map of the mean colour of their pixels, and a constant."""

    def __init__(self, channels: int, compression: Compression) -> None:
        super().__init__()
        self.compression = compression
        self.mix = torch.nn.Parameter(torch.randn(channels, 3, generator=torch.Generator().manual_seed(0)))
        self.encoded: list[tuple[int, ...]] = []  # shapes of latents

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        cell = (self.compression.time, self.compression.height, self.compression.width)
        first = avg_pool3d(pixels[:, :, :1], (1, *cell[1:]))
        means = torch.cat([first, avg_pool3d(pixels[:, :, 1:], cell)], dim=2)
        latents = torch.einsum("cr,brthw->bcthw", self.mix, means) + 0.7
        self.encoded.append(tuple(latents.shape))
        return latents


@pytest.mark.parametrize(
    "vae", [Linear(5, Compression(4, 8, 8)), Linear(48, Compression(4, 16, 16))], ids=["4x8x8", "4x16x16"]
)
def test_of_a_linear_vae_the_fitted_colours_are_exact(vae):
    preview, colour = import_from_pack("nodes.io.preview"), (0.2, 1.0, 0.6)
    vae = copy.deepcopy(vae)
    with torch.no_grad():
        show = preview.LinearPreviewer(preview.fit_colours(vae))
        picture = show(vae.encode(flat(colour, 5, 2 * vae.compression.height, 3 * vae.compression.width)), 1)
    assert picture.size == (3, 2)
    assert picture.getpixel((1, 1)) == (51, 255, 153)


def test_fitting_encodes_few_latents_so_that_a_large_vae_takes_seconds():
    vae = Linear(16, Compression(4, 8, 8))
    import_from_pack("nodes.io.preview").fit_colours(vae)
    assert sum(batch * frames * height * width for batch, _, frames, height, width in vae.encoded) <= 1000


@pytest.mark.parametrize("bias", [None, [0.2, -0.4, 0.0]])
def test_the_hosts_factors_are_for_minus_one_to_one_and_ours_for_0_to_1(bias):
    colours = import_from_pack("nodes.io.preview").colours_of([[1.0, 0.0, -1.0], [0.5, 0.5, 0.5]], bias)
    constant = [0.5, 0.5, 0.5] if bias is None else [0.6, 0.3, 0.5]
    torch.testing.assert_close(colours, torch.tensor([[0.5, 0.0, -0.5], [0.25, 0.25, 0.25], constant]))

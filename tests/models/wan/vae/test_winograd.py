"""Minimal filtering: the same function as the direct sums, with no more rounding."""

import pytest
import torch
import torch.nn.functional as F

from sora_core.models.wan.vae import winograd
from sora_core.models.wan.vae.convolution import causal_conv3d
from sora_core.models.wan.vae.winograd import winograd_causal_conv

ONES = (1, 1, 1)

pytestmark = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="oneDNN is not in this torch")


@pytest.fixture
def small_pays(monkeypatch: pytest.MonkeyPatch):
    """Takes two or four frames at once, however small they are."""

    def set_tile(tile: int) -> None:
        monkeypatch.setattr(winograd, "_MIN_PIXELS", {2: 1, 4: 1 if tile == 4 else 10**9})
        monkeypatch.setattr(winograd, "_BLOCK_ELEMENTS", 2**12)  # several pieces

    return set_tile


def layer_of(channels: int, out_channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A weight and a bias of unit gain."""
    weight = torch.randn(out_channels, channels, 3, 3, 3) * (27 * channels) ** -0.5
    return weight.contiguous(memory_format=torch.channels_last_3d), torch.randn(out_channels)


def clip_of(batch: int, channels: int, frames: int) -> torch.Tensor:
    return torch.randn(batch, channels, frames, 5, 6).contiguous(memory_format=torch.channels_last_3d)


def exactly(
    clip: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    past: int,
    stride: tuple[int, int, int] = ONES,
) -> torch.Tensor:
    """The definition, in float64."""
    padded = F.pad(clip.double(), (1, 1, 1, 1, weight.shape[2] - 1 - past, 0))
    return F.conv3d(padded, weight.double(), None if bias is None else bias.double(), stride)


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("past", [0, 1, 2])
@pytest.mark.parametrize("frames", [2, 4, 5, 8, 17])
@pytest.mark.parametrize("batch", [1, 2])
def test_tiles_of_frames_equal_the_direct_sum(small_pays, tile, past, frames, batch):
    small_pays(tile)
    weight, bias = layer_of(32, 48)
    clip = clip_of(batch, 32, past + frames)
    ours = winograd_causal_conv(clip, weight, bias, ONES, past)
    assert ours.is_contiguous(memory_format=torch.channels_last_3d)
    torch.testing.assert_close(ours.double(), exactly(clip, weight, bias, past), rtol=0, atol=2e-5)


@pytest.mark.parametrize("tile", [2, 4])
def test_the_rounding_is_like_that_of_the_direct_sum(small_pays, tile):
    small_pays(tile)
    weight, _ = layer_of(128, 128)
    clip = clip_of(1, 128, 18)
    exact = exactly(clip, weight, None, 2)
    ours = (winograd_causal_conv(clip, weight, None, ONES, 2) - exact).square().mean().sqrt()
    direct = (causal_conv3d(clip, weight, None, ONES, 2) - exact).square().mean().sqrt()
    assert 0 < ours < 3 * direct


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("past", [0, 2])
def test_the_gradient_is_that_of_the_direct_sum(small_pays, tile, past):
    small_pays(tile)
    weight, bias = (part.requires_grad_() for part in layer_of(32, 32))
    clip = clip_of(2, 32, past + 5).requires_grad_()
    made = winograd_causal_conv(clip, weight, bias, ONES, past).square().sum()
    ours = torch.autograd.grad(made, (clip, weight, bias))
    theirs = torch.autograd.grad(exactly(clip, weight, bias, past).square().sum(), (clip, weight, bias))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)


def test_what_minimal_filtering_does_not_cover_goes_tap_by_tap(small_pays, monkeypatch):
    small_pays(4)
    monkeypatch.setattr(winograd, "_Filtered", None)  # any use of it fails
    weight, bias = layer_of(32, 32)
    clip = clip_of(1, 32, 4)
    for stride, taps, dtype in (((2, 1, 1), 3, torch.float32), (ONES, 1, torch.float32), (ONES, 3, torch.float64)):
        kernels, past = weight[:, :, :taps], min(2, taps - 1)
        ours = winograd_causal_conv(clip.to(dtype), kernels.to(dtype), bias.to(dtype), stride, past)
        torch.testing.assert_close(ours.double(), exactly(clip, kernels, bias, past, stride), rtol=0, atol=2e-5)
    narrow, narrow_bias = layer_of(16, 32)
    clip = clip_of(1, 16, 4)
    ours = winograd_causal_conv(clip, narrow, narrow_bias, ONES, 2)
    torch.testing.assert_close(ours.double(), exactly(clip, narrow, narrow_bias, 2), rtol=0, atol=2e-5)

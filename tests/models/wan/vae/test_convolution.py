"""The VAE's convolutions are those of their definition, with fewer products where that pays."""

import pytest
import torch
import torch.nn.functional as F

from sora_core.models.wan.vae.convolution import causal_conv3d, pad_causally, prepend_zeros, upsampled_conv2d


@pytest.mark.parametrize("size", [(16, 20), (2, 3)])  # large enough for the sub-pixel form, and not
@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution_over_doubled_frames_equals_doubling_and_convolving(size, bias):
    frames = torch.randn(3, 8, *size).contiguous(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(5, 8, 3, 3).contiguous(memory_format=torch.channels_last).requires_grad_()
    biases = torch.randn(5) if bias else None
    doubled = F.interpolate(frames.double(), scale_factor=2.0, mode="nearest-exact")
    exact = F.conv2d(doubled, weight.double(), None if biases is None else biases.double(), padding=1)
    ours = upsampled_conv2d(frames, weight, biases)
    torch.testing.assert_close(ours.double(), exact, rtol=1e-5, atol=1e-4)
    wanted = (frames, weight)
    ours_grad = torch.autograd.grad(ours.square().sum(), wanted)
    torch.testing.assert_close(ours_grad, torch.autograd.grad(exact.square().sum(), wanted), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("stride", [(1, 1, 1), (2, 1, 1)])
@pytest.mark.parametrize("past", [0, 1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_causal_convolution_is_conv3d_after_zeros_for_the_frames_that_are_missing(stride, past, dtype):
    clip = torch.randn(2, 3, past + 5, 4, 6, dtype=dtype)
    weight, bias = torch.randn(5, 3, 3, 3, 3, dtype=dtype), torch.randn(5, dtype=dtype)
    padded = F.pad(clip, (1, 1, 1, 1, 2 - past, 0))
    exact = F.conv3d(padded, weight, bias, stride)
    torch.testing.assert_close(causal_conv3d(clip, weight, bias, stride, past), exact, rtol=1e-4, atol=1e-4)


def test_an_image_meets_the_newest_tap_alone():
    image, weight = torch.randn(1, 2, 1, 3, 3), torch.randn(4, 2, 3, 3, 3)
    frames, kernel = pad_causally(image, weight, 0)
    assert torch.equal(frames, image)
    assert torch.equal(kernel, weight[:, :, -1:])


def test_zeros_stand_before_a_clip_and_none_where_none_are_asked_for():
    clip = torch.randn(1, 2, 3, 4, 5).contiguous(memory_format=torch.channels_last_3d)
    longer = prepend_zeros(clip, 2)
    assert longer[:, :, :2].abs().sum() == 0
    assert torch.equal(longer[:, :, 2:], clip)
    assert longer.is_contiguous(memory_format=torch.channels_last_3d)
    assert prepend_zeros(clip, 0) is prepend_zeros(clip, -1) is clip

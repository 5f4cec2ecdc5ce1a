"""The norm of the VAE, and its parameter-free shortcuts against their definition."""

import pytest
import torch
import torch.nn.functional as F

from sora_core.models.wan.vae.layers import AverageDown, ChannelRMSNorm, RepeatUp


def test_the_norm_is_a_unit_vector_over_channels_times_the_root_of_their_number():
    norm = ChannelRMSNorm(4, (1, 1, 1))
    clip = torch.randn(2, 4, 3, 2, 2)
    torch.testing.assert_close(norm(clip), F.normalize(clip, dim=1) * 2)
    assert torch.equal(norm(torch.zeros_like(clip)), torch.zeros_like(clip))


def test_norm_and_silu_in_one_step_equal_the_two_steps_and_their_gradient():
    norm = ChannelRMSNorm(6, (1, 1, 1), dtype=torch.float64)
    torch.nn.init.normal_(norm.gamma)
    clip = torch.randn(2, 6, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(norm.then_silu(clip), F.silu(norm(clip)), rtol=0, atol=1e-12)
    weights = torch.randn_like(clip)
    fused = torch.autograd.grad((norm.then_silu(clip) * weights).sum(), (clip, norm.gamma))
    plain = torch.autograd.grad((F.silu(norm(clip)) * weights).sum(), (clip, norm.gamma))
    torch.testing.assert_close(fused, plain, rtol=0, atol=1e-12)


def test_average_down_with_as_many_channels_is_average_pooling_with_zeros_before_the_first_frame():
    clip = torch.randn(2, 3, 5, 4, 6)
    padded = F.pad(clip, (0, 0, 0, 0, 1, 0))
    torch.testing.assert_close(AverageDown(3, 3, 2, 2)(clip), F.avg_pool3d(padded, 2))


def test_average_down_that_widens_beyond_its_fold_repeats_channels():
    clip = torch.randn(1, 2, 1, 2, 2)
    assert torch.equal(AverageDown(2, 4, 1, 1)(clip), clip.repeat_interleave(2, 1))


def test_repeat_up_with_as_many_channels_is_nearest_upsampling_less_the_frames_before_the_first():
    clip = torch.randn(2, 3, 4, 2, 3)
    doubled = F.interpolate(clip, scale_factor=2, mode="nearest")
    added = torch.randn_like(doubled)
    up = RepeatUp(3, 3, 2, 2)
    assert torch.equal(up.add_to(added.clone(), clip, is_first=False), added + doubled)
    assert torch.equal(up.add_to(added[:, :, 1:].clone(), clip, is_first=True), (added + doubled)[:, :, 1:])


def test_shortcuts_between_widths_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="got 3 -> 5 channels"):
        AverageDown(3, 5, 1, 1)
    with pytest.raises(ValueError, match="got 7 -> 2 channels"):
        RepeatUp(7, 2, 1, 2)

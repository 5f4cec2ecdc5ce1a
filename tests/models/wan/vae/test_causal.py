"""The causal convolution against torch's own Conv3d on a padded clip, its gradient, and its memory order."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sora_core.models.wan.vae.causal import CausalCache, causal_conv, fold_time, unfold_time


def padded_conv3d(layer: nn.Conv3d, clip: torch.Tensor) -> torch.Tensor:
    """The definition: zeros before the first frame and around each, then Conv3d."""
    frames, side = layer.kernel_size[0] - 1, layer.kernel_size[1] // 2
    padded = F.pad(clip, (side,) * 4 + (frames, 0))
    return F.conv3d(padded, layer.weight, layer.bias)


@pytest.mark.parametrize("kernel", [(3, 3, 3), (3, 1, 1), (1, 1, 1)])
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_causal_convolution_equals_conv3d_on_the_padded_clip(kernel, frames):
    layer = causal_conv(nn, 3, 4, kernel, dtype=torch.float64)
    clip = torch.randn(2, 3, frames, 5, 4, dtype=torch.float64)
    torch.testing.assert_close(layer(clip), padded_conv3d(layer, clip), rtol=0, atol=1e-12)


def test_away_from_onednn_a_namespace_s_own_convolution_is_asked():
    """ComfyUI's goes around a fault of cuDNN there."""

    class Doubled(nn.Conv3d):
        def _conv_forward(self, x, weight, bias, autopad=None):
            return 2 * super()._conv_forward(x, weight, bias)

    class Namespace:
        Conv2d, Conv3d = nn.Conv2d, Doubled

    layer = causal_conv(Namespace, 3, 4, (3, 3, 3), dtype=torch.bfloat16)
    clip = torch.randn(1, 3, 5, 5, 4, dtype=torch.bfloat16)
    assert torch.equal(layer(clip), 2 * padded_conv3d(layer, clip))


@pytest.mark.parametrize("lengths", [[1, 4], [1, 1, 1, 2], [2, 3], [5]])
def test_chunks_with_a_cache_equal_the_whole_clip(lengths):
    layer = causal_conv(nn, 3, 4, (3, 3, 3), dtype=torch.float64)
    clip, cache = torch.randn(2, 3, 5, 5, 4, dtype=torch.float64), CausalCache()
    chunks = [layer(chunk, cache) for chunk in clip.split(lengths, dim=2)]
    torch.testing.assert_close(torch.cat(chunks, 2), padded_conv3d(layer, clip), rtol=0, atol=1e-12)


def test_a_strided_convolution_gives_every_second_output():
    dense = causal_conv(nn, 3, 4, (3, 1, 1), dtype=torch.float64)
    strided = causal_conv(nn, 3, 4, (3, 1, 1), stride=(2, 1, 1), dtype=torch.float64)
    strided.load_state_dict(dense.state_dict())
    clip = torch.randn(2, 3, 7, 5, 4, dtype=torch.float64)
    torch.testing.assert_close(strided(clip, past=2), dense(clip)[:, :, 2::2], rtol=0, atol=1e-12)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_gradient_equals_that_of_conv3d_on_the_padded_clip(batch, dtype):
    layer = causal_conv(nn, 3, 4, (3, 3, 3), dtype=dtype)
    clip = torch.randn(batch, 3, 5, 5, 4, dtype=dtype, requires_grad=True)
    wanted = (clip, layer.weight, layer.bias)
    ours = torch.autograd.grad(layer(clip).square().sum(), wanted)
    theirs = torch.autograd.grad(padded_conv3d(layer, clip).square().sum(), wanted)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_folding_time_is_a_view_and_unfolding_undoes_it():
    clip = torch.randn(2, 3, 4, 5, 6).contiguous(memory_format=torch.channels_last_3d)
    folded = fold_time(clip)
    assert folded.data_ptr() == clip.data_ptr()
    assert torch.equal(folded[5], clip[1, :, 1])
    assert torch.equal(unfold_time(folded, 2), clip)


@pytest.mark.parametrize("batch", [1, 2])
def test_every_step_keeps_channels_innermost(batch):
    layer, cache = causal_conv(nn, 8, 16, (3, 3, 3)), CausalCache()
    clip = torch.randn(batch, 8, 5, 4, 6).contiguous(memory_format=torch.channels_last_3d)
    for chunk in clip.split([1, 4], dim=2):
        assert layer(chunk, cache).is_contiguous(memory_format=torch.channels_last_3d)

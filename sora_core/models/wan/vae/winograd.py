"""Causal convolution over time by Winograd's minimal filtering, F(2, 3) and F(4, 3).

With three taps a direct sum needs six 2-D convolutions for two frames and twelve for four; minimal filtering needs four
and six. F(4, 3) uses the points 0, +-sqrt(1/2), +-sqrt(2), with less rounding error than the usual 0, +-1, +-2.
Source: Lavin and Gray, https://arxiv.org/abs/1509.09308, section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .convolution import causal_conv3d, prepend_zeros, uses_onednn

_MIN_CHANNELS = 32  # with fewer, the sums cost more than they save
_MIN_PIXELS = {2: 1024, 4: 2048}  # of one product, by tile; with fewer, preparing the kernels costs more than it saves
_BLOCK_ELEMENTS = 2**18  # input elements of one product that fit in the CPU's cache
_A, _B = 0.5**0.5, 2**0.5  # points of F(4, 3)

Product = Callable[[torch.Tensor, int], torch.Tensor]  # frames [B n H W C] and which kernel -> [B n H W C']


def winograd_causal_conv(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: tuple[int, int, int], past: int
) -> torch.Tensor:
    """Compute `causal_conv3d`, with fewer products where that is faster."""
    tile = _frames_at_once(x, weight, stride, past)
    if tile == 1:
        return causal_conv3d(x, weight, bias, stride, past)
    y: torch.Tensor = _Filtered.apply(x, weight, bias, past, tile)  # type: ignore[no-untyped-call]
    return y.movedim(-1, 1)


def _frames_at_once(x: torch.Tensor, weight: torch.Tensor, stride: tuple[int, int, int], past: int) -> int:
    """Return the tile of frames: 4 or 2 where minimal filtering is faster, else 1."""
    batch, channels, frames, height, width = x.shape
    is_covered = weight.shape[2:] == (3, 3, 3) and stride == (1, 1, 1) and uses_onednn(x, weight)
    if not is_covered or min(channels, weight.shape[0]) < _MIN_CHANNELS:
        return 1
    tiles = (frames - past) // 4
    if (frames - past) % 4 < 2 and batch * tiles * height * width >= _MIN_PIXELS[4]:
        return 4
    return 2 if batch * ((frames - past) // 2) * height * width >= _MIN_PIXELS[2] else 1


class _Filtered(torch.autograd.Function):
    """Minimal filtering; backward computes the gradient of the direct sum, which is the same function."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, past: int, tile: int
    ) -> torch.Tensor:
        """x: [B C past+T H W], weight: [C' C 3 3 3], bias: [C'] -> [B T H W C']."""
        ctx.save_for_backward(x, weight)
        ctx.past, ctx.bias_shape = past, None if bias is None else list(bias.shape)
        batch, channels, frames, height, width = x.shape
        kernels, biases = (_pair_kernels if tile == 2 else _quad_kernels)(weight, bias)
        fill = _fill_pairs if tile == 2 else _fill_quads

        def product(frames: torch.Tensor, which: int) -> torch.Tensor:
            folded, ones = frames.flatten(0, 1).movedim(-1, 1), [1, 1]
            y = torch.ops.aten.mkldnn_convolution(folded, kernels[which], biases[which], ones, ones, ones, 1)
            return y.movedim(1, -1).unflatten(0, (batch, -1))

        y = x.new_empty(batch, frames - past, height, width, weight.shape[0])
        alone = y.shape[1] % tile
        if alone:
            y[:, :alone] = causal_conv3d(x[:, :, : past + alone], weight, bias, (1, 1, 1), past).movedim(1, -1)
        step = tile * max(1, _BLOCK_ELEMENTS // (batch * channels * height * width))
        for start in range(alone, y.shape[1], step):
            target, before = y[:, start : start + step], start + past - 2
            window = prepend_zeros(x[:, :, max(0, before) : start + past + target.shape[1]], -before)
            fill(target, window.movedim(1, -1), product)
        return y

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Compute the gradients of x, weight and bias."""
        x, weight = ctx.saved_tensors
        padded = prepend_zeros(x, 2 - ctx.past)
        needed = list(ctx.needs_input_grad[:3])
        sizes = ([1, 1, 1], [0, 1, 1], [1, 1, 1], False, [0, 0, 0], 1)  # stride to groups
        grads = torch.ops.aten.convolution_backward(grad.movedim(-1, 1), padded, weight, ctx.bias_shape, *sizes, needed)
        grad_x = None if grads[0] is None else grads[0][:, :, padded.shape[2] - x.shape[2] :]
        return grad_x, grads[1], grads[2], None, None


def _scaled(bias: torch.Tensor | None, *factors: float) -> list[torch.Tensor | None]:
    """Scale the bias for each product; None where the factor is 0."""
    return [bias * factor if bias is not None and factor else None for factor in factors]


def _pair_kernels(
    weight: torch.Tensor, bias: torch.Tensor | None
) -> tuple[list[torch.Tensor], list[torch.Tensor | None]]:
    """Compute the four 2-D kernels [C' C 3 3] of F(2, 3), and their biases."""
    g0, g1, g2 = (tap.contiguous(memory_format=torch.channels_last) for tap in weight.unbind(2))
    outer, middle = (g0 + g2).mul_(0.5), g1 * 0.5
    return [g0, outer + middle, outer - middle, g2], _scaled(bias, 1, 0, 0, 1)


def _fill_pairs(target: torch.Tensor, window: torch.Tensor, product: Product) -> None:
    """Write the frames [B 2n H W C'] of the window [B 2+2n H W C]."""
    even, odd = window[:, 0::2], window[:, 1::2]
    d0, d1, d2, d3 = even[:, :-1], odd[:, :-1], even[:, 1:], odd[:, 1:]
    total, difference = product(d1 + d2, 1), product(d2 - d1, 2)
    torch.add(product(d0 - d2, 0).add_(total), difference, out=target[:, 0::2])
    torch.sub(product(d3 - d1, 3).add_(total), difference, out=target[:, 1::2])


def _quad_kernels(
    weight: torch.Tensor, bias: torch.Tensor | None
) -> tuple[list[torch.Tensor], list[torch.Tensor | None]]:
    """Compute the six 2-D kernels [C' C 3 3] of F(4, 3), and biases that sum to the layer's in each frame."""
    g0, g1, g2 = (tap.contiguous(memory_format=torch.channels_last) for tap in weight.unbind(2))
    even_a, odd_a = torch.add(g0, g2, alpha=0.5).mul_(-1 / 1.5), g1 * (-_A / 1.5)
    even_b, odd_b = torch.add(g0, g2, alpha=2).mul_(1 / 6), g1 * (_B / 6)
    kernels = [g0, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, g2]
    return kernels, _scaled(bias, -1, 1 + _A, 1 - _A, 0, 0, 0.5)


def _fill_quads(target: torch.Tensor, window: torch.Tensor, product: Product) -> None:
    """Write the frames [B 4n H W C'] of the window [B 2+4n H W C]."""
    last = window.shape[1] - 5
    d0, d1, d2, d3, d4, d5 = (window[:, at : last + at : 4] for at in range(6))
    even, odd = torch.sub(d4, d2, alpha=2), torch.sub(d3, d1, alpha=2)
    plus, minus = product(torch.add(even, odd, alpha=_A), 1), product(even.sub_(odd, alpha=_A), 2)
    sum_a, difference_a = plus + minus, plus.sub_(minus).mul_(_A)
    even, odd = torch.sub(d4, d2, alpha=0.5), torch.sub(d3, d1, alpha=0.5)
    plus, minus = product(torch.add(even, odd, alpha=_B), 3), product(even.sub_(odd, alpha=_B), 4)
    sum_b, difference_b = plus + minus, plus.sub_(minus)
    torch.add(product(torch.sub(d0, d2, alpha=2.5).add_(d4), 0).add_(sum_a), sum_b, out=target[:, 0::4])
    torch.add(difference_a, difference_b, alpha=_B, out=target[:, 1::4])
    torch.add(sum_a.mul_(0.5), sum_b, alpha=2, out=target[:, 2::4])
    last_frame = product(torch.sub(d1, d3, alpha=2.5).add_(d5), 5).add_(difference_a, alpha=0.5)
    torch.add(last_frame, difference_b, alpha=2 * _B, out=target[:, 3::4])

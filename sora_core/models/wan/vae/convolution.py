"""The arithmetic of the VAE's convolutions: which kernel computes them, and how few products they take.

On the CPU oneDNN runs at the speed of the processor's multipliers, so only fewer products are faster: over time by
minimal filtering (winograd.py), over doubled frames with four 2x2 kernels on the small ones in place of a 3x3 kernel.
Source of the latter: Shi et al., https://arxiv.org/abs/1609.07009 (sub-pixel convolution).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

_LEAST_PLACES_DOUBLED = 512  # over frames and places; below, preparing the kernels costs more than they save


def convolve_causally(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: tuple[int, int, int], past: int
) -> torch.Tensor:
    """[B C past+T H W] -> [B C' T/stride H W]: height and width keep their size, zeros stand before a clip's start.

    The first `past` frames, fewer than the kernel's taps, are context only.
    """
    x, weight = before_causal(x, weight, past)
    return _convolve(x, weight, bias, stride)


def before_causal(x: torch.Tensor, weight: torch.Tensor, past: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Frames and kernel whose plain convolution over time, without padding, is the causal one (convolve_causally)."""
    weight = weight[:, :, -x.shape[2] :]  # older taps would meet nothing but zeros: an image needs one of three
    return with_zeros(x, weight.shape[2] - 1 - past), weight


def convolve_doubled(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """[N C H W] -> [N C' 2H 2W]: a 3x3 convolution over frames whose values are all repeated twice along each axis."""
    count, _, height, width = x.shape
    if not uses_onednn(x, weight) or count * height * width < _LEAST_PLACES_DOUBLED:
        return F.conv2d(F.interpolate(x, scale_factor=2.0, mode="nearest-exact"), weight, bias, padding=1)
    kernels = _sub_pixel_kernels(weight)
    bias = None if bias is None else bias.repeat(4)
    z = torch.ops.aten.mkldnn_convolution(x, kernels, bias, [1, 1], [1, 1], [1, 1], 1)  #       [N 4*C' H+1 W+1]
    z = z.movedim(1, -1).unflatten(-1, (2, 2, -1))
    y = x.new_empty(count, height, 2, width, 2, weight.shape[0])
    for row in (0, 1):
        for column in (0, 1):
            y[:, :, row, :, column] = z[:, row : row + height, column : column + width, row, column]
    return y.flatten(3, 4).flatten(1, 2).movedim(-1, 1)


def _sub_pixel_kernels(weight: torch.Tensor) -> torch.Tensor:
    """[C' C 3 3] -> [4*C' C 2 2]: the kernels of even and odd rows, by even and odd columns."""

    def halves(taps: torch.Tensor) -> torch.Tensor:
        """[... 3 C] -> [4 ... C]: before an even place lies another value, after an odd one."""
        first, middle, last = taps.unbind(-2)
        return torch.stack([first, middle + last, first + middle, last])

    columns = halves(weight.permute(0, 2, 3, 1))  #                                             [4 C' 3 C]
    both = halves(columns)  #                                                                   [4 4 C' C], rows first
    kernels = both.unflatten(1, (2, 2)).unflatten(0, (2, 2)).permute(0, 2, 4, 1, 3, 5)  #       [2 2 C' 2 2 C]
    return kernels.flatten(0, 2).movedim(-1, 1)


def with_zeros(x: torch.Tensor, frames: int) -> torch.Tensor:
    """That many empty frames before x [B C T H W]; F.pad would fill the whole clip first."""
    if frames <= 0:
        return x
    x = x.movedim(1, -1)  # joined in the order in which it lies in memory, or cat may choose another
    return torch.cat([x.new_zeros(x.shape[0], frames, *x.shape[2:]), x], dim=1).movedim(-1, 1)


def uses_onednn(x: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether oneDNN computes their convolution."""
    in_float32_on_cpu = x.device.type == "cpu" and x.dtype == weight.dtype == torch.float32
    return in_float32_on_cpu and torch.backends.mkldnn.is_available()


def _convolve(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: tuple[int, int, int]
) -> torch.Tensor:
    """conv3d that keeps height and width and adds nothing in time.

    conv3d itself sends small float32 clips of batch 1 to a kernel up to ten times slower, so oneDNN is asked directly.
    """
    padding = [0, weight.shape[3] // 2, weight.shape[4] // 2]
    if uses_onednn(x, weight):
        y: torch.Tensor = torch.ops.aten.mkldnn_convolution(x, weight, bias, padding, stride, [1, 1, 1], 1)
        return y
    return F.conv3d(x, weight, bias, stride, padding)

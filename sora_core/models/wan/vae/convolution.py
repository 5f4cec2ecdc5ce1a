"""Kernels of the VAE's convolutions: oneDNN on the CPU, with fewer products where possible.

oneDNN is bound by the CPU's multipliers, so only fewer products make it faster. winograd.py saves products over time.
upsampled_conv2d replaces a 3x3 kernel on upsampled frames by four 2x2 kernels on the small frames (sub-pixel
convolution, https://arxiv.org/abs/1609.07009).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

_MIN_UPSAMPLED_PIXELS = 512  # of all frames; with fewer, preparing the kernels costs more than they save


def causal_conv3d(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: tuple[int, int, int], past: int
) -> torch.Tensor:
    """Causal convolution [B C past+T H W] -> [B C' T/stride H W], with zeros before the clip; H and W do not change.

    past: number of leading frames that are context only, fewer than the kernel's temporal taps.
    """
    x, weight = pad_causally(x, weight, past)
    return _convolve(x, weight, bias, stride)


def pad_causally(x: torch.Tensor, weight: torch.Tensor, past: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return frames and kernel whose convolution without temporal padding equals causal_conv3d."""
    weight = weight[:, :, -x.shape[2] :]  # older taps would multiply zeros only: an image needs one tap of three
    return prepend_zeros(x, weight.shape[2] - 1 - past), weight


def upsampled_conv2d(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """Upsample by two with nearest neighbour, then apply a 3x3 convolution: [N C H W] -> [N C' 2H 2W]."""
    count, _, height, width = x.shape
    if not uses_onednn(x, weight) or count * height * width < _MIN_UPSAMPLED_PIXELS:
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
    """Sum a 3x3 kernel [C' C 3 3] to 2x2 kernels [4*C' C 2 2], one for each parity of row and column."""

    def halves(taps: torch.Tensor) -> torch.Tensor:
        """[... 3 C] -> [4 ... C]: two taps for even positions, then two for odd ones."""
        first, middle, last = taps.unbind(-2)
        return torch.stack([first, middle + last, first + middle, last])

    columns = halves(weight.permute(0, 2, 3, 1))  #                                             [4 C' 3 C]
    both = halves(columns)  #                                                                   [4 4 C' C], rows first
    kernels = both.unflatten(1, (2, 2)).unflatten(0, (2, 2)).permute(0, 2, 4, 1, 3, 5)  #       [2 2 C' 2 2 C]
    return kernels.flatten(0, 2).movedim(-1, 1)


def prepend_zeros(x: torch.Tensor, frames: int) -> torch.Tensor:
    """Prepend zero frames to x [B C T H W]; F.pad would first fill the whole clip with zeros."""
    if frames <= 0:
        return x
    x = x.movedim(1, -1)  # concatenate in memory order, or cat may choose another memory format
    return torch.cat([x.new_zeros(x.shape[0], frames, *x.shape[2:]), x], dim=1).movedim(-1, 1)


def uses_onednn(x: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether oneDNN computes the convolution of x with weight."""
    in_float32_on_cpu = x.device.type == "cpu" and x.dtype == weight.dtype == torch.float32
    return in_float32_on_cpu and torch.backends.mkldnn.is_available()


def _convolve(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: tuple[int, int, int]
) -> torch.Tensor:
    """conv3d with padding that keeps height and width, and none in time.

    Calls oneDNN directly, because F.conv3d runs small float32 clips of batch 1 in a kernel up to ten times slower.
    """
    padding = [0, weight.shape[3] // 2, weight.shape[4] // 2]
    if uses_onednn(x, weight):
        y: torch.Tensor = torch.ops.aten.mkldnn_convolution(x, weight, bias, padding, stride, [1, 1, 1], 1)
        return y
    return F.conv3d(x, weight, bias, stride, padding)

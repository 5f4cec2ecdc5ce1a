"""Causal convolution over frames, and the cache of past frames between chunks.

Clips and weights are channels_last_3d: oneDNN's 3-D kernels are then the fastest on a CPU (faster than a sum of 2-D
convolutions over the temporal taps), and folding time into the batch is a view. Source: Wan,
https://arxiv.org/abs/2503.20314, section 4.1. Measured in docs/experiments/vae-convolutions.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache as memoize
from typing import Any, Protocol

import torch
import torch.nn as nn

from .convolution import pad_causally, upsampled_conv2d, uses_onednn
from .winograd import winograd_causal_conv


class LayerNamespace(Protocol):
    """Namespace of layers with weights: `torch.nn`, or a host's, whose layers cast and offload weights."""

    Conv2d: type[nn.Conv2d]
    Conv3d: type[nn.Conv3d]


class CausalCache:
    """Past frames of each causal layer. The caller makes one cache per stream and passes it to every call.

    offload: device to keep the frames on between calls; None keeps them on the layer's device.
    """

    def __init__(self, offload: torch.device | None = None) -> None:
        self._past: dict[nn.Module, torch.Tensor] = {}
        self._home: dict[nn.Module, torch.device] = {}
        self._offload = offload

    def past(self, layer: nn.Module) -> torch.Tensor | None:
        """Return the frames [B C t H W] kept for `layer` (t may be 0), or None before its first chunk."""
        kept = self._past.get(layer)
        return None if kept is None else kept.to(self._home[layer])

    def keep(self, layer: nn.Module, frames: torch.Tensor) -> None:
        """Keep a copy of `frames` for `layer`, so that the chunk they are a view of can be freed."""
        self._home[layer] = frames.device
        self._past[layer] = frames.to(self._offload or frames.device, copy=True)


def fold_time(x: torch.Tensor) -> torch.Tensor:
    """[B C T H W] -> [B*T C H W], a view where channels are innermost."""
    return x.movedim(1, -1).flatten(0, 1).movedim(-1, 1)


def unfold_time(x: torch.Tensor, batch: int) -> torch.Tensor:
    """[B*T C H W] -> [B C T H W], the inverse of fold_time."""
    return x.movedim(1, -1).unflatten(0, (batch, -1)).movedim(-1, 1)


def use_channels_last(module: nn.Module) -> None:
    """Convert a convolution's weight to channels_last; its shape and values do not change."""
    if isinstance(module, nn.Conv2d | nn.Conv3d):
        order = torch.channels_last if module.weight.ndim == 4 else torch.channels_last_3d
        module.weight.data = module.weight.data.contiguous(memory_format=order)


@dataclass(frozen=True)
class _Window:
    """Frames [B C past+T H W], the first `past` of them context. Has the attributes that casting layers read."""

    frames: torch.Tensor
    past: int

    @property
    def dtype(self) -> torch.dtype:
        return self.frames.dtype

    @property
    def device(self) -> torch.device:
        return self.frames.device


class CausalConvMixin:
    """Makes a Conv3d causal in time, with zeros before the first frame. Height and width do not change.

    The layer's own forward runs, so a host's layer still casts its weights. On other devices than the CPU its own
    _conv_forward runs too, because a host may work around faults of cuDNN there.
    """

    kernel_size: tuple[int, int, int]
    stride: tuple[int, int, int]

    def forward(self, x: torch.Tensor, cache: CausalCache | None = None, past: int = 0) -> torch.Tensor:
        """x: [B C past+T H W] -> [B C' T/stride H W].

        past: number of leading frames that are context only.
        cache: if given, x continues the frames of earlier calls, and `past` must be 0.
        """
        context = self.kernel_size[0] - 1
        if cache is not None and context:
            assert isinstance(self, nn.Module)
            assert past == 0
            kept = cache.past(self)
            if kept is not None:
                x, past = torch.cat([kept, x], dim=2), kept.shape[2]
            cache.keep(self, x[:, :, -context:])
        return super().forward(_Window(x, past))  # type: ignore[misc]

    def _conv_forward(
        self, window: _Window, weight: torch.Tensor, bias: torch.Tensor | None, **more: Any
    ) -> torch.Tensor:
        x, past = window.frames, window.past
        if uses_onednn(x, weight):
            return winograd_causal_conv(x, weight, bias, self.stride, past)
        x, weight = pad_causally(x, weight, past)
        return super()._conv_forward(x, weight, bias, **more)  # type: ignore[misc]


class UpsampledConvMixin:
    """Makes a 3x3 Conv2d upsample its input by nearest neighbour first: [N C H W] -> [N C' 2H 2W]."""

    def _conv_forward(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        return upsampled_conv2d(x, weight, bias)


@memoize
def _variant(mixin: Any, base: Any) -> Any:
    """Subclass a namespace's convolution with a mixin; parameters and state-dict keys stay the same."""
    return type(f"{mixin.__name__.removesuffix('Mixin')}Of{base.__name__}", (mixin, base), {})


def causal_conv(
    operations: LayerNamespace, in_channels: int, out_channels: int, kernel: tuple[int, int, int], **arguments: Any
) -> nn.Conv3d:
    """Build a causal convolution [B C T H W] -> [B C' T H W] with a (time, height, width) kernel."""
    base: Any = operations.Conv3d
    padding = (0, kernel[1] // 2, kernel[2] // 2)
    layer: nn.Conv3d = _variant(CausalConvMixin, base)(in_channels, out_channels, kernel, padding=padding, **arguments)
    return layer


def upsampled_conv(operations: LayerNamespace, in_channels: int, out_channels: int, **factory: Any) -> nn.Conv2d:
    """Build a 3x3 convolution that upsamples frames by two: [N C H W] -> [N C' 2H 2W]."""
    base: Any = operations.Conv2d
    layer: nn.Conv2d = _variant(UpsampledConvMixin, base)(in_channels, out_channels, 3, padding=1, **factory)
    return layer

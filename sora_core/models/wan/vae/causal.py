"""Causal convolution over frames, and the cache that carries its past from chunk to chunk.

Clips and weights lie in memory with channels innermost (channels_last_3d). Then oneDNN's 3-D kernels are the fastest
form on the CPU, before sums of 2-D convolutions over the taps in time, and folding time into the batch is a view.
(Wan, https://arxiv.org/abs/2503.20314, section 4.1; measurements in docs/experiments/vae-convolutions.md.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache as memoize
from typing import Any, Protocol

import torch
import torch.nn as nn

from .convolution import before_causal, convolve_doubled, uses_onednn
from .winograd import filter_causally


class LayerNamespace(Protocol):
    """Where weighted layers come from: `torch.nn`, or a host's namespace whose layers cast and offload weights."""

    Conv2d: type[nn.Conv2d]
    Conv3d: type[nn.Conv3d]


class CausalCache:
    """The last frames that each causal layer saw; made by the caller for one stream and passed along with it.

    park: the device on which they wait; None for that of the layer.
    """

    def __init__(self, park: torch.device | None = None) -> None:
        self._past: dict[nn.Module, torch.Tensor] = {}
        self._home: dict[nn.Module, torch.device] = {}
        self._park = park

    def past(self, layer: nn.Module) -> torch.Tensor | None:
        """Frames [B C t H W] that `layer` kept (t may be 0), or None before its first chunk."""
        kept = self._past.get(layer)
        return None if kept is None else kept.to(self._home[layer])

    def keep(self, layer: nn.Module, frames: torch.Tensor) -> None:
        """Remember a copy of `frames`, so that the chunk that they are cut from can be freed."""
        self._home[layer] = frames.device
        self._past[layer] = frames.to(self._park or frames.device, copy=True)

    def elements(self) -> int:
        """Numbers held, over all layers."""
        return sum(frames.numel() for frames in self._past.values())


def fold_time(x: torch.Tensor) -> torch.Tensor:
    """[B C T H W] -> [B*T C H W], a view where channels are innermost."""
    return x.movedim(1, -1).flatten(0, 1).movedim(-1, 1)


def unfold_time(x: torch.Tensor, batch: int) -> torch.Tensor:
    """[B*T C H W] -> [B C T H W], the inverse of fold_time."""
    return x.movedim(1, -1).unflatten(0, (batch, -1)).movedim(-1, 1)


def lay_out(module: nn.Module) -> None:
    """Put a convolution's weight in memory with channels innermost; its shape and values stay."""
    if isinstance(module, nn.Conv2d | nn.Conv3d):
        order = torch.channels_last if module.weight.ndim == 4 else torch.channels_last_3d
        module.weight.data = module.weight.data.contiguous(memory_format=order)


@dataclass(frozen=True)
class _Window:
    """Frames [B C past+T H W] of which the first `past` are context. Looks enough like a tensor for casting layers."""

    frames: torch.Tensor
    past: int

    @property
    def dtype(self) -> torch.dtype:
        return self.frames.dtype

    @property
    def device(self) -> torch.device:
        return self.frames.device


class CausalConvMixin:
    """Makes a Conv3d causal in time, with zeros before the first frame. Height and width keep their size.

    The layer's own forward runs, so a namespace that casts weights still does. The arithmetic is replaced only where
    oneDNN does it: elsewhere a host may have a convolution of its own, which works around faults of cuDNN.
    """

    kernel_size: tuple[int, int, int]
    stride: tuple[int, int, int]

    def forward(self, x: torch.Tensor, cache: CausalCache | None = None, past: int = 0) -> torch.Tensor:
        """x: [B C past+T H W] -> [B C' T/stride H W].

        The first `past` frames are context only. With a cache, x continues the frames of earlier calls.
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
            return filter_causally(x, weight, bias, self.stride, past)
        x, weight = before_causal(x, weight, past)
        return super()._conv_forward(x, weight, bias, **more)  # type: ignore[misc]


class DoubledConvMixin:
    """Makes a 3x3 Conv2d work on frames that it doubles: [N C H W] -> [N C' 2H 2W], neighbours repeated."""

    def _conv_forward(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        return convolve_doubled(x, weight, bias)


@memoize
def _variant(mixin: Any, base: Any) -> Any:
    """A namespace's convolution with other arithmetic: same parameters, same state-dict keys."""
    return type(f"{mixin.__name__.removesuffix('Mixin')}Of{base.__name__}", (mixin, base), {})


def causal_conv(
    operations: LayerNamespace, in_channels: int, out_channels: int, kernel: tuple[int, int, int], **arguments: Any
) -> nn.Conv3d:
    """A causal convolution [B C T H W] -> [B C' T H W] whose kernel is (time, height, width)."""
    base: Any = operations.Conv3d
    padding = (0, kernel[1] // 2, kernel[2] // 2)
    layer: nn.Conv3d = _variant(CausalConvMixin, base)(in_channels, out_channels, kernel, padding=padding, **arguments)
    return layer


def doubled_conv(operations: LayerNamespace, in_channels: int, out_channels: int, **place: Any) -> nn.Conv2d:
    """A 3x3 convolution over frames at twice their height and width, [N C H W] -> [N C' 2H 2W]."""
    base: Any = operations.Conv2d
    layer: nn.Conv2d = _variant(DoubledConvMixin, base)(in_channels, out_channels, 3, padding=1, **place)
    return layer

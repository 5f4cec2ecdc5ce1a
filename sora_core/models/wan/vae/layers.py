"""Layers of the video VAE: norm, residual block, per-frame attention, resamplers, shortcuts.

All clips are [B C T H W] in channels_last_3d (see causal.py). Only the temporal resamplers treat frame 0 specially:
they pass it through. Sources: Wan 2.1 (https://arxiv.org/abs/2503.20314) and the Wan 2.2 VAE, whose parameter-free
shortcuts come from DC-AE (https://arxiv.org/abs/2410.10733).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn as nn
import torch.nn.functional as F
from einops import rearrange

from .causal import CausalCache, LayerNamespace, causal_conv, fold_time, unfold_time, upsampled_conv


class ChannelRMSNorm(nn.Module):
    """RMS norm over channels, at each pixel and frame: x / max(|x|, 1e-12) * sqrt(C) * gamma. [B C ...] -> same."""

    def __init__(self, channels: int, gamma_shape: tuple[int, ...], **factory: Any) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels, *gamma_shape, **factory))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise each pixel's channel vector to length sqrt(C), then scale it by gamma."""
        x = x.movedim(1, -1)
        return (x * _inverse_rms(x) * self._gamma(x)).movedim(-1, 1)

    def then_silu(self, x: torch.Tensor) -> torch.Tensor:
        """Compute silu(forward(x)) with half the passes over memory, which limit the speed on a CPU."""
        x = x.movedim(1, -1)
        y: torch.Tensor = _NormSiLU.apply(x, self._gamma(x))  # type: ignore[no-untyped-call]
        return y.movedim(-1, 1)

    def _gamma(self, x: torch.Tensor) -> torch.Tensor:
        return self.gamma.to(device=x.device, dtype=x.dtype).flatten()


def _inverse_rms(x: torch.Tensor) -> torch.Tensor:
    """Compute sqrt(C) / |x|, [... C] -> [... 1]. The sum over channels is fast only if they are contiguous."""
    return x.shape[-1] ** 0.5 / torch.linalg.vector_norm(x, dim=-1, keepdim=True).clamp_min(1e-12)


class _NormSiLU(torch.autograd.Function):
    """silu(x * s * gamma) with s = sqrt(C) / |x|, in place where possible; saves only x and gamma for backward."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, gamma: torch.Tensor) -> torch.Tensor:
        """x: [... C], gamma: [C] -> [... C]."""
        ctx.save_for_backward(x, gamma)
        return F.silu((x * _inverse_rms(x)).mul_(gamma), inplace=True)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """With n = x*s and g = silu'(n*gamma) * grad: dgamma = sum g*n, dx = s * (g*gamma - n * mean(g*gamma*n))."""
        x, gamma = ctx.saved_tensors
        scale = _inverse_rms(x)
        normed = x * scale
        grad = torch.ops.aten.silu_backward(grad, normed * gamma)
        product = grad * normed
        mean = product @ (gamma / gamma.shape[0]).unsqueeze(-1)  #                              [... 1]
        grad_x = grad.mul_(gamma).sub_(normed.mul_(mean)).mul_(scale)
        return grad_x, product.flatten(0, -2).sum(0)


class ResidualBlock(nn.Module):
    """Two causal 3x3x3 convolutions, each after norm and SiLU, plus a shortcut, 1x1x1 if the widths differ."""

    def __init__(self, in_channels: int, out_channels: int, operations: LayerNamespace, **factory: Any) -> None:
        super().__init__()
        self.residual = nn.Sequential(  # the identity takes the index of Wan's dropout
            ChannelRMSNorm(in_channels, (1, 1, 1), **factory),
            nn.SiLU(),
            causal_conv(operations, in_channels, out_channels, (3, 3, 3), **factory),
            ChannelRMSNorm(out_channels, (1, 1, 1), **factory),
            nn.SiLU(),
            nn.Identity(),
            causal_conv(operations, out_channels, out_channels, (3, 3, 3), **factory),
        )
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = causal_conv(operations, in_channels, out_channels, (1, 1, 1), **factory)

    def forward(self, x: torch.Tensor, cache: CausalCache | None = None) -> torch.Tensor:
        """x: [B C T H W] -> [B C' T H W]."""
        norm_in, _, conv_in, norm_out, _, _, conv_out = self.residual
        assert isinstance(norm_in, ChannelRMSNorm)
        assert isinstance(norm_out, ChannelRMSNorm)
        h = conv_in(norm_in.then_silu(x), cache)
        h = conv_out(norm_out.then_silu(h), cache)
        return h.add_(self.shortcut(x))


class AttentionBlock(nn.Module):
    """Single-head self-attention within each frame; causality needs no mask."""

    def __init__(self, channels: int, operations: LayerNamespace, **factory: Any) -> None:
        super().__init__()
        self.norm = ChannelRMSNorm(channels, (1, 1), **factory)
        self.to_qkv = operations.Conv2d(channels, channels * 3, 1, **factory)
        self.proj = operations.Conv2d(channels, channels, 1, **factory)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: [B C T H W] -> same."""
        frames = fold_time(x)  #                                                                [B*T C H W]
        qkv = rearrange(self.to_qkv(self.norm(frames)), "n (three c) h w -> three n 1 (h w) c", three=3)
        attended = F.scaled_dot_product_attention(*qkv.unbind(0))
        attended = rearrange(attended, "n 1 (h w) c -> n c h w", h=x.shape[3])
        return x + unfold_time(self.proj(attended), x.shape[0])


class Downsample(nn.Module):
    """Halves height and width, and with `temporal` also the number of frames after the first."""

    def __init__(self, channels: int, temporal: bool, operations: LayerNamespace, **factory: Any) -> None:
        super().__init__()
        self.resample = nn.Sequential(
            nn.ZeroPad2d((0, 1, 0, 1)), operations.Conv2d(channels, channels, 3, stride=2, **factory)
        )
        if temporal:
            self.time_conv = causal_conv(operations, channels, channels, (3, 1, 1), stride=(2, 1, 1), **factory)
        self.temporal = temporal

    def forward(self, x: torch.Tensor, cache: CausalCache | None = None) -> torch.Tensor:
        """x: [B C T H W] -> [B C T' H/2 W/2]; T' = 1 + (T-1)/2 for a first chunk, T/2 for a later one."""
        y = unfold_time(self.resample(fold_time(x)), x.shape[0])
        if not self.temporal:
            return y
        past = None if cache is None else cache.past(self)
        if cache is not None:
            cache.keep(self, y[:, :, -1:])
        if past is not None:
            return self.time_conv(torch.cat([past, y], dim=2), past=2)
        return y if y.shape[2] == 1 else torch.cat([y[:, :, :1], self.time_conv(y, past=2)], dim=2)


class Upsample(nn.Module):
    """Doubles height and width, and with `temporal` also the number of frames after the first."""

    def __init__(
        self, channels: int, out_channels: int, temporal: bool, operations: LayerNamespace, **factory: Any
    ) -> None:
        super().__init__()
        self.resample = nn.Sequential(  # the identity takes the index of Wan's nearest-neighbour upsampling
            nn.Identity(), upsampled_conv(operations, channels, out_channels, **factory)
        )
        if temporal:
            self.time_conv = causal_conv(operations, channels, channels * 2, (3, 1, 1), **factory)
        self.temporal = temporal

    def forward(self, x: torch.Tensor, cache: CausalCache | None = None) -> torch.Tensor:
        """x: [B C T H W] -> [B C' T' 2H 2W]; T' = 1 + 2(T-1) for a first chunk, 2T for a later one."""
        if self.temporal:
            x = self._double(x, cache)
        return unfold_time(self.resample(fold_time(x)), x.shape[0])

    def _double(self, x: torch.Tensor, cache: CausalCache | None) -> torch.Tensor:
        """Make two frames of each but the clip's first, which is not even context of the temporal convolution."""
        if cache is not None and cache.past(self) is not None:
            return self._pairs(x, cache)
        if cache is not None:
            cache.keep(self, x[:, :, :0])
        first, rest = x[:, :, :1], x[:, :, 1:]
        return first if rest.shape[2] == 0 else torch.cat([first, self._pairs(rest, cache)], dim=2)

    def _pairs(self, x: torch.Tensor, cache: CausalCache | None) -> torch.Tensor:
        """[B C T H W] -> [B C 2T H W]."""
        return rearrange(self.time_conv(x, cache), "b (two c) t h w -> b (t two) h w c", two=2).movedim(-1, 1)


class AverageDown(nn.Module):
    """Parameter-free shortcut: folds each block of pixels into channels, then averages groups of channels.

    If the fold gives fewer than out_channels, channels are repeated (no published size needs this).
    """

    def __init__(self, in_channels: int, out_channels: int, time: int, space: int) -> None:
        super().__init__()
        folded = in_channels * time * space * space
        if folded % out_channels and out_channels % folded:
            raise ValueError(
                f"got {in_channels} -> {out_channels} channels; expected out_channels to divide {folded} or to be a "
                "multiple of it"
            )
        self.time, self.space = time, space
        self.groups, self.repeats = min(folded, out_channels), max(1, out_channels // folded)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: [B C T H W] -> [B C' T/time H/space W/space]. A single first frame is averaged with zeros before it."""
        x = F.pad(x, (0, 0, 0, 0, -x.shape[2] % self.time, 0))
        x = rearrange(
            x,
            "b c (t ft) (h fh) (w fw) -> b t h w (c ft fh fw)",
            ft=self.time, fh=self.space, fw=self.space,
        )  # fmt: skip
        x = x.unflatten(-1, (self.groups, -1)).mean(-1)
        return x.repeat_interleave(self.repeats, -1).movedim(-1, 1)


class RepeatUp(nn.Module):
    """Parameter-free shortcut: repeats channels, then unfolds them into blocks of pixels."""

    def __init__(self, in_channels: int, out_channels: int, time: int, space: int) -> None:
        super().__init__()
        unfolded = out_channels * time * space * space
        if unfolded % in_channels:
            raise ValueError(f"got {in_channels} -> {out_channels} channels; expected in_channels to divide {unfolded}")
        self.time, repeats = time, unfolded // in_channels
        is_flat = repeats % space**2 == 0  # each block of pixels has one value, so add_to broadcasts it
        self.unfold, self.enlarge = (1, space) if is_flat else (space, 1)
        self.repeats = repeats // self.enlarge**2

    def add_to(self, y: torch.Tensor, x: torch.Tensor, is_first: bool) -> torch.Tensor:
        """Add the shortcut of x [B C T H W] in place to y [B C' T*time H*space W*space] and return y.

        is_first: y is a clip's first chunk, with time-1 frames fewer.
        """
        x = rearrange(
            x.repeat_interleave(self.repeats, 1),
            "b (c ft fh fw) t h w -> b (t ft) (h fh) 1 (w fw) 1 c",
            ft=self.time, fh=self.unfold, fw=self.unfold,
        )  # fmt: skip
        blocks = y.movedim(1, -1).unflatten(3, (-1, self.enlarge)).unflatten(2, (-1, self.enlarge))
        blocks.add_(x[:, self.time - 1 :] if is_first else x)
        return y

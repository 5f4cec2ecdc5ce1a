"""Encoder and decoder of the video VAE: flat lists of layers (Wan 2.1) or nested levels (Wan 2.2).

The decoder mirrors the encoder, with one more residual block per level.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn as nn

from .causal import CausalCache, LayerNamespace, causal_conv
from .config import VAEConfig
from .layers import AttentionBlock, AverageDown, ChannelRMSNorm, Downsample, RepeatUp, ResidualBlock, Upsample


class DownLevel(nn.Module):
    """One encoder level of Wan 2.2: residual blocks and a downsampler, plus a shortcut around them."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        blocks: int,
        temporal: bool | None,
        ops: LayerNamespace,
        **factory: Any,
    ) -> None:
        super().__init__()
        layers = _blocks(in_channels, out_channels, blocks, ops, **factory)
        if temporal is not None:
            layers.append(Downsample(out_channels, temporal, ops, **factory))
        self.downsamples = nn.ModuleList(layers)
        self.avg_shortcut = AverageDown(in_channels, out_channels, 2 if temporal else 1, 1 if temporal is None else 2)

    def forward(self, x: torch.Tensor, cache: CausalCache | None = None) -> torch.Tensor:
        """x: [B C T H W] -> [B C' T' H' W']."""
        h = x
        for layer in self.downsamples:
            h = layer(h, cache)
        return h + self.avg_shortcut(x)


class UpLevel(nn.Module):
    """One decoder level of Wan 2.2: residual blocks and an upsampler, plus a shortcut around them."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        blocks: int,
        temporal: bool | None,
        ops: LayerNamespace,
        **factory: Any,
    ) -> None:
        super().__init__()
        layers = _blocks(in_channels, out_channels, blocks, ops, **factory)
        self.avg_shortcut = None
        if temporal is not None:
            layers.append(Upsample(out_channels, out_channels, temporal, ops, **factory))
            self.avg_shortcut = RepeatUp(in_channels, out_channels, 2 if temporal else 1, 2)
        self.upsamples = nn.ModuleList(layers)

    def forward(self, x: torch.Tensor, cache: CausalCache | None = None) -> torch.Tensor:
        """x: [B C T H W] -> [B C' T' H' W']."""
        is_first = cache is None or cache.past(self) is None
        if cache is not None:
            cache.keep(self, x[:, :, :0])
        h = x
        for layer in self.upsamples:
            h = layer(h, cache)
        return h if self.avg_shortcut is None else self.avg_shortcut.add_to(h, x, is_first)


class _Coder(nn.Module):
    """Base of encoder and decoder: a middle of block, attention, block, and a head of norm, SiLU, convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1: nn.Module
        self.middle: nn.Sequential
        self.head: nn.Sequential

    def _run_middle(self, x: torch.Tensor, cache: CausalCache | None) -> torch.Tensor:
        before, attention, after = self.middle
        return after(attention(before(x, cache)), cache)

    def _run_head(self, x: torch.Tensor, cache: CausalCache | None) -> torch.Tensor:
        norm, _, conv = self.head
        assert isinstance(norm, ChannelRMSNorm)
        return conv(norm.then_silu(x), cache)


class Encoder(_Coder):
    """Maps pixel-unshuffled clips [B C F H W] to mean and log-variance, before the last 1x1x1 convolution."""

    def __init__(self, config: VAEConfig, operations: LayerNamespace, **factory: Any) -> None:
        super().__init__()
        widths = [config.dim * mult for mult in (1, *config.dim_mult)]
        temporal = (*config.temporal_downsample, None)
        self.conv1 = causal_conv(operations, 3 * config.patch_size**2, widths[0], (3, 3, 3), **factory)
        layers: list[nn.Module] = []
        for width_in, width, halve_time in zip(widths, widths[1:], temporal, strict=False):
            if config.shortcuts:
                layers.append(DownLevel(width_in, width, config.num_res_blocks, halve_time, operations, **factory))
                continue
            layers += _blocks(width_in, width, config.num_res_blocks, operations, **factory)
            if halve_time is not None:
                layers.append(Downsample(width, halve_time, operations, **factory))
        self.downsamples = nn.ModuleList(layers)
        self.middle = _middle(widths[-1], operations, **factory)
        self.head = _head(widths[-1], 2 * config.z_dim, operations, **factory)

    def forward(self, x: torch.Tensor, cache: CausalCache | None = None) -> torch.Tensor:
        """x: [B 3*patch^2 F H W] -> [B 2*z T H' W']."""
        x = self.conv1(x, cache)
        for layer in self.downsamples:
            x = layer(x, cache)
        return self._run_head(self._run_middle(x, cache), cache)


class Decoder(_Coder):
    """Maps latents [B z T H W] to pixel-unshuffled clips. Upsamplers halve the channels in Wan 2.1, not in 2.2."""

    def __init__(self, config: VAEConfig, operations: LayerNamespace, **factory: Any) -> None:
        super().__init__()
        widths = [config.decoder_dim * mult for mult in (config.dim_mult[-1], *config.dim_mult[::-1])]
        temporal = (*config.temporal_downsample[::-1], None)
        blocks = config.num_res_blocks + 1
        self.conv1 = causal_conv(operations, config.z_dim, widths[0], (3, 3, 3), **factory)
        self.middle = _middle(widths[0], operations, **factory)
        layers: list[nn.Module] = []
        for level, (width_in, width, double_time) in enumerate(zip(widths, widths[1:], temporal, strict=False)):
            if config.shortcuts:
                layers.append(UpLevel(width_in, width, blocks, double_time, operations, **factory))
                continue
            layers += _blocks(width_in // 2 if level else width_in, width, blocks, operations, **factory)
            if double_time is not None:
                layers.append(Upsample(width, width // 2, double_time, operations, **factory))
        self.upsamples = nn.ModuleList(layers)
        self.head = _head(widths[-1], 3 * config.patch_size**2, operations, **factory)

    def forward(self, x: torch.Tensor, cache: CausalCache | None = None) -> torch.Tensor:
        """x: [B z T H W] -> [B 3*patch^2 F H' W']."""
        x = self._run_middle(self.conv1(x, cache), cache)
        for layer in self.upsamples:
            x = layer(x, cache)
        return self._run_head(x, cache)


def _blocks(in_channels: int, out_channels: int, count: int, ops: LayerNamespace, **factory: Any) -> list[nn.Module]:
    """Build `count` residual blocks; the first changes the width."""
    widths = [in_channels] + [out_channels] * count
    return [ResidualBlock(a, b, ops, **factory) for a, b in pairwise(widths)]


def _middle(channels: int, ops: LayerNamespace, **factory: Any) -> nn.Sequential:
    return nn.Sequential(
        ResidualBlock(channels, channels, ops, **factory),
        AttentionBlock(channels, ops, **factory),
        ResidualBlock(channels, channels, ops, **factory),
    )


def _head(in_channels: int, out_channels: int, ops: LayerNamespace, **factory: Any) -> nn.Sequential:
    return nn.Sequential(
        ChannelRMSNorm(in_channels, (1, 1, 1), **factory),
        nn.SiLU(),
        causal_conv(ops, in_channels, out_channels, (3, 3, 3), **factory),
    )

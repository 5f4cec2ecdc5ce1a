"""The video VAE: 3-D causal, in the layout of Wan 2.1 (plain) and Wan 2.2 (pixel-unshuffle, shortcuts), at any size.

State-dict keys and maths are those of the published checkpoints. A call sees the whole clip in one pass or a stream
of chunks with the same code: the past of every causal layer comes in an explicit cache.
Source: Wan, https://arxiv.org/abs/2503.20314, section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
import torch.nn as nn
from einops import rearrange

from ....canvas.shapes import Compression, LatentShape, VideoShape
from .causal import CausalCache, causal_conv, lay_out
from .coders import Decoder, Encoder
from .config import VAEConfig
from .layers import AttentionBlock, ResidualBlock
from .statistics import LatentStatistics
from .streaming import collect, latent_chunks, rechunk, split_frames

__all__ = ["VAEConfig", "VideoVAE"]


class VideoVAE(nn.Module):
    """Video <-> latents, causal in time: latent frame 0 is pixel frame 0, every later one is `compression.time` frames.

    operations: namespace of Conv2d and Conv3d (`torch.nn` or a host's casting layers).
    """

    def __init__(
        self,
        config: VAEConfig,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        operations: Any = nn,
    ) -> None:
        super().__init__()
        self.config = config
        place = {"device": device, "dtype": dtype}
        self.encoder = Encoder(config, operations, **place)
        self.conv1 = causal_conv(operations, 2 * config.z_dim, 2 * config.z_dim, (1, 1, 1), **place)
        self.conv2 = causal_conv(operations, config.z_dim, config.z_dim, (1, 1, 1), **place)
        self.decoder = Decoder(config, operations, **place)
        self._start_residual_branches_at_zero()
        self._lay_out_weights()
        self.register_load_state_dict_post_hook(lambda vae, _: vae._lay_out_weights())

    @property
    def compression(self) -> Compression:
        """Pixels per latent along time, height and width."""
        return self.config.compression

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return self.config.z_dim

    @property
    def statistics(self) -> LatentStatistics:
        """What latents are normalised by."""
        return LatentStatistics.of(self.config)

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Pixels [B 3 F H W] in -1..1 -> latents [B C T H' W'], normalised as the DiT sees them.

        Runs chunk by chunk, as `encode_stream` does, so that both give the same bits in the same flat memory.
        Raises ValueError where F is not 1 + a multiple of `compression.time`, or H, W do not divide.
        """
        latent = self._check_pixels(pixels)
        return collect(self._encode_chunks(rechunk([pixels], self.compression)), latent.frames)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Normalised latents [B C T H W] -> pixels [B 3 F H' W'] around -1..1, not clamped.

        Runs chunk by chunk, as `decode_stream` does, so that both give the same bits.
        """
        self._check_latents(latents)
        return collect(self._decode_chunks([latents]), self.compression.video_frames(latents.shape[2]))

    def encode_stream(
        self, chunks: Iterable[torch.Tensor], *, cache: CausalCache | None = None
    ) -> Iterator[torch.Tensor]:
        """Pixel chunks [B 3 f H W] of any lengths, 1 + time*k frames in all -> latent chunks [B C t H' W'].

        Bit-equal to `encode` of the whole. Nothing is differentiated. ValueError while iterating, as in `encode`.
        cache: an empty one, where the stream is to keep its past elsewhere.
        """
        return _without_gradient(self._encode_chunks(rechunk(chunks, self.compression), cache))

    def decode_stream(
        self, latents: torch.Tensor | Iterable[torch.Tensor], *, cache: CausalCache | None = None
    ) -> Iterator[torch.Tensor]:
        """Normalised latents [B C T H W], or parts of them -> pixel chunks [B 3 f H' W']: one frame, then `time` each.

        Bit-equal to `decode` of the whole; memory does not grow with T. Nothing is differentiated. Raises ValueError
        for latents of another shape, for later parts while iterating.
        cache: an empty one, where the stream is to keep its past elsewhere.
        """
        if isinstance(latents, torch.Tensor):
            self._check_latents(latents)
            latents = [latents]
        return _without_gradient(split_frames(self._decode_chunks(latents, cache), self.compression.time))

    def encode_moments(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pixels [B 3 F H W] in -1..1 -> raw mean and log-variance, each [B C T H' W']; for training, in one pass.

        Equal to the chunked `encode` but for rounding: kernels round differently at different lengths.
        """
        self._check_pixels(pixels)
        return self._encode_chunk(pixels, None)

    def decode_raw(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents as `encode_moments` gives them [B C T H W] -> pixels [B 3 F H' W']; for training, in one pass."""
        self._check_latents(latents)
        return self._decode_chunk(latents, None)

    def _encode_chunks(
        self, chunks: Iterable[torch.Tensor], cache: CausalCache | None = None
    ) -> Iterator[torch.Tensor]:
        cache = cache or CausalCache()
        for chunk in chunks:
            self._check_size(chunk)
            yield self.statistics.normalise(self._encode_chunk(chunk, cache)[0])

    def _decode_chunks(self, parts: Iterable[torch.Tensor], cache: CausalCache | None = None) -> Iterator[torch.Tensor]:
        cache = cache or CausalCache()
        for chunk in latent_chunks(parts, self.compression):
            self._check_latents(chunk)
            yield self._decode_chunk(self.statistics.denormalise(chunk), cache)

    def _encode_chunk(self, pixels: torch.Tensor, cache: CausalCache | None) -> tuple[torch.Tensor, torch.Tensor]:
        """A first chunk of 1 + time*k frames or a later one of time*k -> raw moments."""
        patch = self.config.patch_size
        x = rearrange(pixels, "b c f (h q) (w r) -> b f h w (c r q)", q=patch, r=patch).contiguous().movedim(-1, 1)
        moments = self.conv1(self.encoder(x, cache))
        mean, log_variance = moments.chunk(2, dim=1)
        return mean, log_variance

    def _decode_chunk(self, latents: torch.Tensor, cache: CausalCache | None) -> torch.Tensor:
        """Any number of raw latent frames -> pixels."""
        patch = self.config.patch_size
        y = self.decoder(self.conv2(latents.contiguous(memory_format=torch.channels_last_3d)), cache)
        return rearrange(y, "b (c r q) f h w -> b c f (h q) (w r)", q=patch, r=patch)

    def _check_pixels(self, pixels: torch.Tensor) -> LatentShape:
        if pixels.ndim != 5 or pixels.shape[1] != 3:
            raise ValueError(f"got pixels of shape {tuple(pixels.shape)}; expected [B 3 F H W]")
        return self.compression.to_latent(VideoShape(*pixels.shape[2:]), self.config.z_dim)

    def _check_size(self, chunk: torch.Tensor) -> None:
        """ValueError where height or width does not divide; a chunk's frames are its caller's business."""
        self.compression.to_latent(VideoShape(1, *chunk.shape[3:]), self.config.z_dim)

    def _check_latents(self, latents: torch.Tensor) -> None:
        if latents.ndim != 5 or latents.shape[1] != self.config.z_dim or latents.shape[2] < 1:
            raise ValueError(
                f"got latents of shape {tuple(latents.shape)}; expected [B {self.config.z_dim} T H W], T >= 1"
            )

    def _lay_out_weights(self) -> None:
        for module in self.modules():
            lay_out(module)

    def _start_residual_branches_at_zero(self) -> None:
        """Attention starts as the identity; with shortcuts every residual block does (training from scratch)."""
        for module in self.modules():
            if isinstance(module, AttentionBlock):
                nn.init.zeros_(module.proj.weight)
            if isinstance(module, ResidualBlock) and self.config.shortcuts:
                nn.init.zeros_(module.residual[-1].weight)  # type: ignore[arg-type]


def _without_gradient(chunks: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
    """The same chunks, each computed without recording gradients (a cache would keep the whole past's graph)."""
    while True:
        with torch.no_grad():
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk

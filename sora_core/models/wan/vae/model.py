"""VideoVAE, the causal 3-D VAE of Wan 2.1 and 2.2: encodes and decodes clips, whole or streamed.

State-dict keys and maths are those of the published checkpoints. The same code runs a whole clip in one pass or a
stream of chunks, with the past of every causal layer in an explicit cache.
Source: Wan, https://arxiv.org/abs/2503.20314, section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
import torch.nn as nn
from einops import rearrange

from ....canvas.shapes import Compression, LatentShape, VideoShape
from .causal import CausalCache, causal_conv, use_channels_last
from .coders import Decoder, Encoder
from .config import VAEConfig
from .layers import AttentionBlock, ResidualBlock
from .statistics import LatentStatistics
from .streaming import collect, latent_chunks, rechunk, split_frames

__all__ = ["VAEConfig", "VideoVAE"]


class VideoVAE(nn.Module):
    """Encodes video to latents and decodes them, causally in time.

    Latent frame 0 holds pixel frame 0; each later one holds `compression.time` pixel frames.

    operations: namespace with Conv2d and Conv3d; `torch.nn`, or a host's casting layers.
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
        factory = {"device": device, "dtype": dtype}
        self.encoder = Encoder(config, operations, **factory)
        self.conv1 = causal_conv(operations, 2 * config.z_dim, 2 * config.z_dim, (1, 1, 1), **factory)
        self.conv2 = causal_conv(operations, config.z_dim, config.z_dim, (1, 1, 1), **factory)
        self.decoder = Decoder(config, operations, **factory)
        self._start_residual_branches_at_zero()
        self._use_channels_last()
        self.register_load_state_dict_post_hook(  # type: ignore[no-untyped-call]
            lambda vae, _: vae._use_channels_last()
        )

    @property
    def compression(self) -> Compression:
        """Pixels per latent along time, height and width."""
        return self.config.compression

    @property
    def latent_channels(self) -> int:
        """Number of latent channels."""
        return self.config.z_dim

    @property
    def statistics(self) -> LatentStatistics:
        """Mean and standard deviation that normalise latents."""
        return LatentStatistics.of(self.config)

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Encode pixels [B 3 F H W] in -1..1 to normalised latents [B C T H' W'], as the DiT takes them.

        Runs chunk by chunk like `encode_stream`: both give the same bits, in memory that does not grow with F.
        Raises ValueError unless F is 1 + a multiple of `compression.time` and H, W are multiples of the compression.
        """
        latent = self._check_pixels(pixels)
        return collect(self._encode_chunks(rechunk([pixels], self.compression)), latent.frames)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Decode normalised latents [B C T H W] to pixels [B 3 F H' W'] around -1..1, not clamped.

        Runs chunk by chunk like `decode_stream`: both give the same bits.
        """
        self._check_latents(latents)
        return collect(self._decode_chunks([latents]), self.compression.video_frames(latents.shape[2]))

    def encode_stream(
        self, chunks: Iterable[torch.Tensor], *, cache: CausalCache | None = None
    ) -> Iterator[torch.Tensor]:
        """Encode pixel chunks [B 3 f H W] of any lengths to latent chunks [B C t H' W'], without gradients.

        Bit-equal to `encode` of the whole clip. Raises ValueError as `encode` does, while iterating.

        chunks: 1 + time*k frames in total.
        cache: an empty one, to choose where past frames are kept; None for a new one.
        """
        return _without_gradient(self._encode_chunks(rechunk(chunks, self.compression), cache))

    def decode_stream(
        self, latents: torch.Tensor | Iterable[torch.Tensor], *, cache: CausalCache | None = None
    ) -> Iterator[torch.Tensor]:
        """Decode normalised latents to pixel chunks [B 3 f H' W'], without gradients: one frame, then `time` each.

        Bit-equal to `decode` of the whole clip; memory does not grow with T. Raises ValueError for latents of a wrong
        shape: at once for a tensor, while iterating for parts.

        latents: [B C T H W], or an iterable of parts of it along T.
        cache: an empty one, to choose where past frames are kept; None for a new one.
        """
        if isinstance(latents, torch.Tensor):
            self._check_latents(latents)
            latents = [latents]
        return _without_gradient(split_frames(self._decode_chunks(latents, cache), self.compression.time))

    def encode_moments(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode pixels [B 3 F H W] in -1..1 in one pass, for training: raw mean and log-variance [B C T H' W'].

        Equals the chunked `encode` up to rounding, which differs between lengths.
        """
        self._check_pixels(pixels)
        return self._encode_chunk(pixels, None)

    def decode_raw(self, latents: torch.Tensor) -> torch.Tensor:
        """Decode raw latents [B C T H W], as from `encode_moments`, in one pass, for training: [B 3 F H' W']."""
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
        """Encode a first chunk of 1 + time*k frames, or a later one of time*k, to raw moments."""
        patch = self.config.patch_size
        x = rearrange(pixels, "b c f (h q) (w r) -> b f h w (c r q)", q=patch, r=patch).contiguous().movedim(-1, 1)
        moments = self.conv1(self.encoder(x, cache))
        mean, log_variance = moments.chunk(2, dim=1)
        return mean, log_variance

    def _decode_chunk(self, latents: torch.Tensor, cache: CausalCache | None) -> torch.Tensor:
        """Decode any number of raw latent frames to pixels."""
        patch = self.config.patch_size
        y = self.decoder(self.conv2(latents.contiguous(memory_format=torch.channels_last_3d)), cache)
        return rearrange(y, "b (c r q) f h w -> b c f (h q) (w r)", q=patch, r=patch)

    def _check_pixels(self, pixels: torch.Tensor) -> LatentShape:
        if pixels.ndim != 5 or pixels.shape[1] != 3:
            raise ValueError(f"got pixels of shape {tuple(pixels.shape)}; expected [B 3 F H W]")
        return self.compression.to_latent(VideoShape(*pixels.shape[2:]), self.config.z_dim)

    def _check_size(self, chunk: torch.Tensor) -> None:
        """Raise ValueError unless height and width are multiples of the compression; the frame count is not checked."""
        self.compression.to_latent(VideoShape(1, *chunk.shape[3:]), self.config.z_dim)

    def _check_latents(self, latents: torch.Tensor) -> None:
        if latents.ndim != 5 or latents.shape[1] != self.config.z_dim or latents.shape[2] < 1:
            raise ValueError(
                f"got latents of shape {tuple(latents.shape)}; expected [B {self.config.z_dim} T H W], T >= 1"
            )

    def _use_channels_last(self) -> None:
        for module in self.modules():
            use_channels_last(module)

    def _start_residual_branches_at_zero(self) -> None:
        """Initialise attention as the identity, and with shortcuts every residual block too."""
        for module in self.modules():
            if isinstance(module, AttentionBlock):
                nn.init.zeros_(module.proj.weight)
            if isinstance(module, ResidualBlock) and self.config.shortcuts:
                nn.init.zeros_(module.residual[-1].weight)  # type: ignore[arg-type]


def _without_gradient(chunks: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
    """Yield the chunks, computed under no_grad; otherwise the cache would keep the graph of the whole past."""
    while True:
        with torch.no_grad():
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk

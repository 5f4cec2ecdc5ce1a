"""VAEConfig: the sizes of the video VAE, and its compression."""

from __future__ import annotations

from dataclasses import dataclass

from ....canvas.shapes import Compression

MOST = (2**16, 64, 64, 10)  # width, residual blocks per level, patch size and levels: files may say anything


@dataclass(frozen=True)
class VAEConfig:
    """Sizes of a VideoVAE; the defaults are Wan 2.1's."""

    dim: int = 96
    decoder_dim: int = 96
    z_dim: int = 16
    dim_mult: tuple[int, ...] = (1, 2, 4, 4)  # width of each level, in units of dim; also sets the spatial factor
    num_res_blocks: int = 2  # per level; the decoder has one more
    temporal_downsample: tuple[bool, ...] = (False, True, True)  # for every encoder level but the last
    patch_size: int = 1  # factor of the pixel-unshuffle before the encoder
    shortcuts: bool = False  # Wan 2.2: nested levels, each with a parameter-free shortcut
    latent_mean: tuple[float, ...] | None = None  # per latent channel; None: 0
    latent_std: tuple[float, ...] | None = None  # None: 1

    def __post_init__(self) -> None:
        for name in ("dim_mult", "temporal_downsample", "latent_mean", "latent_std"):
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, tuple(values))  # JSON gives lists, which are unequal and unhashable
        if len(self.temporal_downsample) != len(self.dim_mult) - 1:
            raise ValueError(
                f"got {len(self.temporal_downsample)} entries in temporal_downsample for {len(self.dim_mult)} levels "
                f"in dim_mult; expected {len(self.dim_mult) - 1}"
            )
        smallest = min(self.dim, self.decoder_dim, self.z_dim, self.num_res_blocks, self.patch_size, *self.dim_mult)
        if smallest < 1:
            raise ValueError(f"sizes must be at least 1, got {self}")
        widest = max(self.dim, self.decoder_dim) * max(self.dim_mult)
        largest = max(widest, self.z_dim), self.num_res_blocks, self.patch_size, len(self.dim_mult)
        if any(got > most for got, most in zip(largest, MOST, strict=True)):
            raise ValueError(
                f"expected at most {MOST} of width, blocks per level, patch size and levels, got {largest}"
            )
        for statistic in (self.latent_mean, self.latent_std):
            if statistic is not None and len(statistic) != self.z_dim:
                raise ValueError(f"got latent statistics of {len(statistic)} channels; expected {self.z_dim}")
        if self.latent_std is not None and min(self.latent_std) <= 0:
            raise ValueError(f"got a latent_std of {min(self.latent_std)}; expected one above 0")

    @property
    def compression(self) -> Compression:
        """Pixels per latent along time, height and width."""
        space = self.patch_size * 2 ** len(self.temporal_downsample)
        return Compression(2 ** sum(self.temporal_downsample), space, space)

"""The diffusion transformer: noisy latents, a noise level per patch and text in, velocity out.

Scalable transformer over spacetime patches (https://arxiv.org/abs/2212.09748) in the layout of Wan 2.1 and 2.2
(https://arxiv.org/abs/2503.20314): state-dict keys and maths are those of the published text-to-video checkpoints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..patches import Grid, grid_shape, pad_to_patch, positions, unpatchify
from .layers import Block, Head, rotary_table, sinusoid, wide

OUTPUTS = ("self_attn.o", "cross_attn.o", "ffn.2", "head.head")  # of the residual branches and of the model


@dataclass(frozen=True)
class DiTConfig:
    """Sizes of a VideoDiT. Head width is dim // num_heads; published Wan models have 128."""

    in_channels: int = 16
    out_channels: int = 16
    dim: int = 2048
    ffn_dim: int = 8192
    num_heads: int = 16
    num_layers: int = 32
    text_dim: int = 4096
    freq_dim: int = 256  # width of the sinusoid of the timestep
    patch_size: tuple[int, int, int] = (1, 2, 2)  # latent cells of a patch along t, h, w
    eps: float = 1e-6
    cross_attn_norm: bool = True
    pooled_text: bool = False  # also add the mean of the text to the time embedding (not in Wan)

    def __post_init__(self) -> None:
        object.__setattr__(self, "patch_size", tuple(self.patch_size))  # JSON gives lists
        if len(self.patch_size) != 3 or min(self.patch_size) < 1:
            raise ValueError(f"patch_size must be three sizes >= 1, got {self.patch_size}")
        sizes = (self.in_channels, self.out_channels, self.ffn_dim, self.num_heads, self.num_layers, self.text_dim)
        if min(sizes) < 1:
            raise ValueError(f"all sizes must be >= 1, got {self}")
        if self.dim < 1 or self.dim % (2 * self.num_heads):
            raise ValueError(f"dim must be an even number times num_heads, got {self.dim} for {self.num_heads} heads")
        if self.freq_dim < 2 or self.freq_dim % 2:
            raise ValueError(f"freq_dim must be even, got {self.freq_dim}")


class VideoDiT(nn.Module):
    """Velocity of rectified flow for latents of any duration, size and aspect ratio.

    operations: namespace with Linear, Conv3d, LayerNorm and RMSNorm, by default torch's own. Another one (a host that
    casts or quantises weights) is taken to load weights afterwards, so only torch's layers are initialised.
    """

    def __init__(
        self,
        config: DiTConfig,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        operations: Any = nn,
    ) -> None:
        super().__init__()
        self.config = c = config
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        linear = operations.Linear
        self.patch_embedding = operations.Conv3d(
            c.in_channels, c.dim, kernel_size=c.patch_size, stride=c.patch_size, **factory
        )
        self.text_embedding = nn.Sequential(
            linear(c.text_dim, c.dim, **factory), nn.GELU(approximate="tanh"), linear(c.dim, c.dim, **factory)
        )
        self.time_embedding = nn.Sequential(
            linear(c.freq_dim, c.dim, **factory), nn.SiLU(), linear(c.dim, c.dim, **factory)
        )
        self.time_projection = nn.Sequential(nn.SiLU(), linear(c.dim, 6 * c.dim, **factory))
        self.text_pool = linear(c.text_dim, c.dim, **factory) if c.pooled_text else None
        self.blocks = nn.ModuleList(
            Block(c.dim, c.ffn_dim, c.num_heads, c.eps, c.cross_attn_norm, ops=operations, **factory)
            for _ in range(c.num_layers)
        )
        self.head = Head(c.dim, c.out_channels * math.prod(c.patch_size), c.eps, ops=operations, **factory)
        if operations is nn:
            self.init_weights()

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights, and of the products inside `forward`."""
        return self.patch_embedding.weight.dtype

    @torch.no_grad()
    def init_weights(self) -> None:
        """Start training from here: as Wan, and with every residual branch and the output at zero.

        A branch that starts at zero lets short trainings begin as the identity (https://arxiv.org/abs/2212.09748).
        """
        for name, module in self.named_modules():
            if not isinstance(module, nn.Linear):
                continue
            nn.init.zeros_(module.bias)
            if name.endswith(OUTPUTS):
                nn.init.zeros_(module.weight)
            elif name.startswith(("text_embedding", "time_embedding")):
                nn.init.normal_(module.weight, std=0.02)
            else:
                nn.init.xavier_uniform_(module.weight)
        nn.init.xavier_uniform_(self.patch_embedding.weight.view(self.config.dim, -1))

    def forward(self, latents: torch.Tensor, noise_level: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        """Velocity (noise - clean) [B C T H W] at noisy latents [B C T H W].

        noise_level: in 0..1, for each sample [B], each latent frame [B T] or each patch [B N], patches of the padded
            grid in the order (t h w).
        text: [B L D], zero where there is no token.
        Any T, H, W >= 1: the grid is padded to whole patches and the result cropped. Runs in `self.dtype`, returns
        the dtype of latents. ValueError where shapes do not fit the config or each other.
        """
        self._check(latents, noise_level, text)
        x = pad_to_patch(latents, self.config.patch_size).to(self.dtype)
        grid = grid_shape(x, self.config.patch_size)
        velocity = self.velocity(x, 1000 * wide(noise_level), text.to(self.dtype), positions(grid, device=x.device))
        t, h, w = latents.shape[2:]
        return velocity[:, :, :t, :h, :w].to(latents.dtype)

    def velocity(
        self, x: torch.Tensor, timestep: torch.Tensor, text: torch.Tensor, places: torch.Tensor
    ) -> torch.Tensor:
        """The network on whole patches: x [B C T H W], timestep [B] or [B G], text [B L D], places [N 3] -> as x.

        Runs in the dtype of x, whatever that of the weights (for hosts whose layers cast). The timestep is in 0..1000;
        G patch groups of equal size share one each: 1, the frames of the grid, or all N patches.
        """
        rotary = rotary_table(places, self.config.dim // self.config.num_heads).to(wide(x).dtype)  # [N 1 d/2 2]
        tokens = self.patch_embedding(x).to(x.dtype)  # [B D t h w]
        grid: Grid = (tokens.shape[2], tokens.shape[3], tokens.shape[4])
        time, modulation = self.embed_time(timestep, text)  # [B G 1 1|6 D]
        context = self.text_embedding(text)  # [B L D]
        tokens = tokens.flatten(2).transpose(1, 2).contiguous()  # [B N D]
        tokens = tokens.unflatten(1, (time.shape[1], -1))  # [B G S D]
        for block in self.blocks:
            tokens = block(tokens, modulation, context, rotary)
        return unpatchify(self.head(tokens, time), grid, self.config.patch_size)  # [B C T H W]

    def embed_time(self, timestep: torch.Tensor, text: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Timesteps [B] or [B G] and text [B L D] -> [B G 1 1 D] for the head, [B G 1 6 D] for the blocks."""
        steps = timestep if timestep.ndim == 2 else timestep[:, None]  # [B G]
        time = self.time_embedding(sinusoid(steps, self.config.freq_dim).to(text.dtype))  # [B G D]
        if self.text_pool is not None:
            time = time + self.text_pool(mean_of_tokens(text))[:, None]
        modulation = self.time_projection(time).unflatten(-1, (6, -1))  # [B G 6 D]
        return wide(time)[:, :, None, None], wide(modulation)[:, :, None]

    def _check(self, latents: torch.Tensor, noise_level: torch.Tensor, text: torch.Tensor) -> None:
        c, (t, h, w) = self.config, grid_shape(latents, self.config.patch_size)
        batch = latents.shape[0]
        if latents.shape[1] != c.in_channels:
            raise ValueError(f"expected {c.in_channels} latent channels, got shape {tuple(latents.shape)} [B C T H W]")
        if text.ndim != 3 or text.shape[0] != batch or text.shape[2] != c.text_dim or text.shape[1] < 1:
            raise ValueError(f"expected text [{batch} L {c.text_dim}] with L >= 1, got shape {tuple(text.shape)}")
        if tuple(noise_level.shape) not in {(batch,), (batch, 1), (batch, t), (batch, t * h * w)}:
            raise ValueError(
                f"expected noise_level [{batch}], [{batch} {t}] (per frame) or [{batch} {t * h * w}] (per patch), "
                f"got shape {tuple(noise_level.shape)}"
            )


def mean_of_tokens(text: torch.Tensor) -> torch.Tensor:
    """[B L D] -> mean over the positions that hold a token, [B D]; zero where a prompt has none."""
    present = (text != 0).any(dim=-1, keepdim=True)  # [B L 1]
    return text.sum(dim=1) / present.sum(dim=1).clamp(min=1)

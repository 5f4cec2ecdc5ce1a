"""The diffusion transformer: noisy latents, a noise level per patch and text in, velocity out.

Scalable transformer over spacetime patches (https://arxiv.org/abs/2212.09748) in the layout of Wan 2.1 and 2.2
(https://arxiv.org/abs/2503.20314): state-dict keys and maths are those of the published text-to-video and
image-to-video checkpoints.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn

from ....canvas.patches import Grid, grid_shape, pad_to_patch, positions, unpatchify
from ....canvas.shapes import PatchSize
from .image import ImageConditioning
from .layers import Block, Head, ImageEmbedding, Seen, Steering, rotary_table, sinusoid, wide

MANY_GROUPS = 256  # of patches with a level each; more than frames that a clip has at once
OUTPUTS = ("self_attn.o", "cross_attn.o", "ffn.2", "head.head")  # of the residual branches and of the model


@dataclass(frozen=True)
class DiTConfig:
    """Sizes of a VideoDiT. Head width is dim // num_heads; published Wan models have 128."""

    in_channels: int = 16  # image-to-video: those of the noisy latents and of ImageConditioning.latents
    out_channels: int = 16
    dim: int = 2048
    ffn_dim: int = 8192
    num_heads: int = 16
    num_layers: int = 32
    text_dim: int = 4096
    freq_dim: int = 256  # width of the sinusoid of the timestep
    patch_size: PatchSize = (1, 2, 2)  # latent cells of a patch along t, h, w
    eps: float = 1e-6
    cross_attn_norm: bool = True
    pooled_text: bool = False  # also add the mean of the text to the time embedding (not in Wan)
    image_dim: int = 0  # width of the tokens of an image encoder; 0 takes none
    image_positions: int = 0  # learnt positions for so many of them (first and last frame in Wan 2.1), or none
    level_per_patch: bool = True  # trained with a noise level for each patch, or else with one for the whole clip

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
        if min(self.image_dim, self.image_positions) < 0 or self.image_positions > 0 == self.image_dim:
            raise ValueError(
                f"image_dim and image_positions must be >= 0, and positions are for tokens of some width, got "
                f"{self.image_dim} and {self.image_positions}"
            )

    @property
    def image_to_video(self) -> bool:
        """Whether it takes channels of given frames beside those of the noisy latents."""
        return self.in_channels > self.out_channels

    @property
    def level_patch(self) -> PatchSize | None:
        """Latent cells along t, h, w that have a noise level of their own; None where the clip has a single one."""
        return self.patch_size if self.level_per_patch else None


@dataclass(frozen=True)
class PreparedText:
    """What a DiT makes of its texts (and image tokens) alone: the same in all steps, so computed once (`prepare`).

    pooled: [B D], or None for a model that takes no pooled text. seen: for each block, what it looks at.
    """

    pooled: torch.Tensor | None
    seen: tuple[tuple[Seen, ...], ...]

    @property
    def batch(self) -> int:
        """How many samples it is for."""
        return self.seen[0][0].keys.shape[0]


class VideoDiT(nn.Module):
    """Velocity of rectified flow for latents of any duration, size and aspect ratio.

    operations: namespace with Linear, Conv3d, LayerNorm and RMSNorm, by default torch's own. Another one (a host that
    casts or quantises weights) is taken to load weights afterwards, as is the meta device: both are not initialised.
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
        self.img_emb = (
            ImageEmbedding(c.image_dim, c.dim, c.image_positions, ops=operations, **factory) if c.image_dim else None
        )
        self.blocks = nn.ModuleList(
            Block(
                c.dim,
                c.ffn_dim,
                c.num_heads,
                c.eps,
                cross_attn_norm=c.cross_attn_norm,
                image_tokens=c.image_dim > 0,
                ops=operations,
                **factory,
            )
            for _ in range(c.num_layers)
        )
        self.head = Head(c.dim, c.out_channels * math.prod(c.patch_size), c.eps, ops=operations, **factory)
        if operations is nn and not self.patch_embedding.weight.is_meta:
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

    def forward(
        self,
        latents: torch.Tensor,
        noise_level: torch.Tensor,
        text: torch.Tensor | PreparedText,
        image: ImageConditioning | None = None,
    ) -> torch.Tensor:
        """Velocity (noise - clean) [B C T H W] at noisy latents [B C T H W].

        noise_level: in 0..1, for each sample [B], each latent frame [B T] or each patch [B N], patches of the padded
            grid in the order (t h w). A model whose config has no level_per_patch has only learnt the first.
        text: [B L D], zero where there is no token; or what `prepare` made of it, which saves that work in each step.
        image: for image-to-video models, which need it; functools.partial(dit, image=image) is a model for samplers.
        Any T, H, W >= 1: the grid is padded to whole patches and the result cropped. Runs in `self.dtype`, returns
        the dtype of latents. ValueError where shapes do not fit the config or each other.
        """
        image = None if image is None else image.for_batch(latents.shape[0])
        x = latents if image is None else image.append_to(latents)  # [B C T H W]
        self._check(x, noise_level, text)
        x = pad_to_patch(x, self.config.patch_size).to(self.dtype)
        grid = grid_shape(x, self.config.patch_size)
        tokens = None if image is None else image.tokens
        text = text if isinstance(text, PreparedText) else text.to(self.dtype)
        velocity = self.velocity(x, 1000 * wide(noise_level), text, positions(grid, device=x.device), tokens)
        t, h, w = latents.shape[2:]
        return velocity[:, :, :t, :h, :w].to(latents.dtype)

    def prepare(self, text: torch.Tensor, image: ImageConditioning | None = None) -> PreparedText:
        """Text [B L D] for many calls of forward; it keeps 2 L D numbers for each block and sample."""
        tokens = None if image is None else image.for_batch(text.shape[0]).tokens
        text = text.to(self.dtype)
        return PreparedText(self._pool(text), tuple(self._seen(text, tokens)))

    def velocity(
        self,
        x: torch.Tensor,
        timestep: torch.Tensor,
        text: torch.Tensor | PreparedText,
        places: torch.Tensor,
        image_tokens: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The network on whole patches: x [B C T H W], timestep [B] or [B G], text [B L D], places [N 3] -> velocity.

        Runs in the dtype of x, whatever that of the weights (for hosts whose layers cast). The timestep is in 0..1000;
        G patch groups of equal size share one each: 1, the frames of the grid, or all N patches.
        x has all in_channels; image_tokens [B M D'] go to models with an image_dim, and to no other (else ValueError).
        """
        if isinstance(text, PreparedText):
            pooled, seen = text.pooled, iter(text.seen)
        else:
            pooled, seen = self._pool(text), self._seen(text, image_tokens)
        rotary = rotary_table(places, self.config.dim // self.config.num_heads).to(wide(x).dtype)  # [N 1 d/2 2]
        tokens = self.patch_embedding(x).to(x.dtype)  # [B D t h w]
        grid: Grid = (tokens.shape[2], tokens.shape[3], tokens.shape[4])
        steps = timestep if timestep.ndim == 2 else timestep[:, None]  # [B G]
        time, modulation = self.embed_time(steps, pooled, x.dtype)
        tokens = tokens.flatten(2).transpose(1, 2).contiguous()  # [B N D]
        tokens = tokens.unflatten(1, (steps.shape[1], -1))  # [B G S D]
        for index, context in enumerate(seen):
            tokens = self.run_block(index, tokens, modulation, context, rotary)
        return unpatchify(self.head(tokens, time), grid, self.config.patch_size)  # [B C T H W]

    def run_block(
        self,
        index: int,
        tokens: torch.Tensor,
        modulation: Steering,
        context: tuple[Seen, ...],
        rotary: torch.Tensor,
    ) -> torch.Tensor:
        """One block on tokens [B G S D], see Block; hosts that let users replace blocks override it."""
        return self.blocks[index](tokens, modulation, context, rotary)

    def embed_time(
        self, steps: torch.Tensor, pooled: torch.Tensor | None, dtype: torch.dtype
    ) -> tuple[Steering, Steering]:
        """Timesteps [B G] and pooled text [B D] -> 1 vector for the head, 6 for the blocks.

        Of very many groups only the distinct levels are kept: 6 D numbers for each patch of a large clip are gigabytes.
        """
        row = None
        if pooled is None and steps.shape[1] > MANY_GROUPS:
            steps, row = steps.unique(return_inverse=True)  # [U], [B G]
        time = self.time_embedding(sinusoid(steps, self.config.freq_dim).to(dtype))  # [B G|U D]
        if pooled is not None:
            time = time + pooled[:, None]
        modulation = self.time_projection(time).unflatten(-1, (6, -1))  # [... 6 D]
        return Steering(wide(time)[..., None, None, :], row), Steering(wide(modulation)[..., None, :, :], row)

    def _pool(self, text: torch.Tensor) -> torch.Tensor | None:
        """Text [B L D] -> [B D], for a model that takes its mean beside the time."""
        return None if self.text_pool is None else self.text_pool(mean_of_tokens(text))

    def _seen(self, text: torch.Tensor, image_tokens: torch.Tensor | None) -> Iterator[tuple[Seen, ...]]:
        """What each block looks at, made when it is asked for."""
        image = self._embed_image(image_tokens, text)  # [B M D]
        context = self.text_embedding(text)  # [B L D]
        return (block.see(context, image) for block in cast("list[Block]", self.blocks))

    def _embed_image(self, tokens: torch.Tensor | None, x: torch.Tensor) -> torch.Tensor | None:
        """Image tokens [B M D'] in the dtype of x [B ...] -> [B M D]; None for a model without them."""
        c = self.config
        if tokens is None or self.img_emb is None:
            if (tokens is None) != (self.img_emb is None):
                taken = f"image tokens [B M {c.image_dim}]" if c.image_dim else "no image tokens"
                raise ValueError(f"this model takes {taken}, got {'none' if tokens is None else tuple(tokens.shape)}")
            return None
        most = c.image_positions or tokens.shape[1]
        if (
            tokens.ndim != 3
            or len(tokens) != len(x)
            or tokens.shape[2] != c.image_dim
            or not 1 <= tokens.shape[1] <= most
        ):
            limit = f"1..{c.image_positions}" if c.image_positions else "M"
            raise ValueError(f"expected image tokens [{len(x)} {limit} {c.image_dim}], got shape {tuple(tokens.shape)}")
        return self.img_emb(tokens.to(x))

    def _check(self, latents: torch.Tensor, noise_level: torch.Tensor, text: torch.Tensor | PreparedText) -> None:
        c, (t, h, w) = self.config, grid_shape(latents, self.config.patch_size)
        batch = latents.shape[0]
        if latents.shape[1] != c.in_channels:
            extra = c.in_channels - c.out_channels
            image = f" ({extra} of them of ImageConditioning)" if extra > 0 else ""
            raise ValueError(
                f"expected {c.in_channels} latent channels{image}, got shape {tuple(latents.shape)} [B C T H W]"
            )
        if isinstance(text, PreparedText):
            if text.batch != batch:
                raise ValueError(f"expected text prepared for {batch} samples, got it for {text.batch}")
        elif text.ndim != 3 or text.shape[0] != batch or text.shape[2] != c.text_dim or text.shape[1] < 1:
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

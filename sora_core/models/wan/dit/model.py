"""The diffusion transformer: predicts velocity from noisy latents, noise levels and text.

A DiT over spacetime patches (https://arxiv.org/abs/2212.09748). State-dict keys and maths are those of the published
Wan 2.1 and 2.2 checkpoints for text-to-video and image-to-video (https://arxiv.org/abs/2503.20314).
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
from ....diffusion.timed_text import TimedText
from .image import ImageConditioning
from .layers import (
    HALF,
    Block,
    Context,
    Head,
    ImageEmbedding,
    KeyValue,
    Modulation,
    rope_freqs,
    rotation_matrices,
    timestep_embedding,
    upcast,
)
from .prediction import velocity_from_clean
from .prepared import PreparedText, pooled_by_frame, pooled_by_group, shares_on_grid, timed

MANY_GROUPS = 256  # groups of patches above which only distinct timesteps are embedded; no clip has so many frames
MOST_LAYERS, MOST_CELLS, LARGEST = 256, 64, 2**20  # of a config: files may say anything
OUTPUTS = ("self_attn.o", "cross_attn.o", "ffn.2", "head.head")  # last layers of residual branches and of the model


@dataclass(frozen=True)
class DiTConfig:
    """Sizes of a VideoDiT. Head width is dim // num_heads; published Wan models have 128."""

    in_channels: int = 16  # image-to-video: noisy latents plus ImageConditioning.latents
    out_channels: int = 16
    dim: int = 2048
    ffn_dim: int = 8192
    num_heads: int = 16
    num_layers: int = 32
    text_dim: int = 4096
    freq_dim: int = 256  # width of timestep_embedding
    patch_size: PatchSize = (1, 2, 2)  # latent cells of a patch along t, h, w
    eps: float = 1e-6
    cross_attn_norm: bool = True
    pooled_text: bool = False  # add the mean text token to the time embedding (not in Wan)
    image_dim: int = 0  # width of image-encoder tokens; 0: the model takes none
    image_positions: int = 0  # position embeddings for image tokens (514 in Wan 2.1 first-last-frame); 0: none
    per_token_timesteps: bool = False  # trained with a timestep per patch (Wan 2.2 TI2V); else with one per clip
    clean_prediction: bool = False  # the head gives clean latents, see velocity_from_clean; else velocity, as Wan's

    def __post_init__(self) -> None:
        object.__setattr__(self, "patch_size", tuple(self.patch_size))  # JSON gives lists
        if len(self.patch_size) != 3 or min(self.patch_size) < 1:
            raise ValueError(f"patch_size must be three sizes >= 1, got {self.patch_size}")
        sizes = (self.in_channels, self.out_channels, self.ffn_dim, self.num_heads, self.num_layers, self.text_dim)
        if min(sizes) < 1:
            raise ValueError(f"all sizes must be >= 1, got {self}")
        widest = max(*sizes, self.dim, self.freq_dim, self.image_dim, self.image_positions)
        if self.num_layers > MOST_LAYERS or max(self.patch_size) > MOST_CELLS or widest > LARGEST:
            raise ValueError(
                f"expected at most {MOST_LAYERS} layers, patches of {MOST_CELLS} cells along an axis and widths of "
                f"{LARGEST:,}, got {self}"
            )
        if self.dim < 1 or self.dim % (2 * self.num_heads):
            raise ValueError(f"dim must be an even number times num_heads, got {self.dim} for {self.num_heads} heads")
        if self.freq_dim < 2 or self.freq_dim % 2:
            raise ValueError(f"freq_dim must be even, got {self.freq_dim}")
        if min(self.image_dim, self.image_positions) < 0 or self.image_positions > 0 == self.image_dim:
            raise ValueError(
                f"image_dim and image_positions must be >= 0, and image_positions needs an image_dim, got "
                f"{self.image_dim} and {self.image_positions}"
            )
        if self.clean_prediction and self.in_channels != self.out_channels:
            raise ValueError(
                f"clean_prediction needs as many channels in as out, got {self.in_channels} and {self.out_channels}"
            )

    @property
    def image_to_video(self) -> bool:
        """Whether the model takes ImageConditioning.latents as extra channels."""
        return self.in_channels > self.out_channels

    @property
    def timestep_patch(self) -> PatchSize | None:
        """Latent cells along t, h, w that share one timestep; None if the whole clip shares one."""
        return self.patch_size if self.per_token_timesteps else None


Text = torch.Tensor | TimedText | PreparedText
"""What VideoDiT takes as its text."""


class VideoDiT(nn.Module):
    """Diffusion transformer that predicts rectified-flow velocity for latents of any duration, size and aspect ratio.

    operations: namespace with Linear, Conv3d, LayerNorm and RMSNorm; torch.nn by default. A host passes its own to
        cast or quantise weights. Weights are initialised only with torch.nn, and not on the meta device.
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
        """Dtype of the weights, and of the matrix products in `forward`."""
        return self.patch_embedding.weight.dtype

    @torch.no_grad()
    def init_weights(self) -> None:
        """Initialise as Wan does, but with every residual branch and the output at zero.

        Each block is then the identity at first, which helps short trainings (https://arxiv.org/abs/2212.09748).
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
        text: Text,
        image: ImageConditioning | None = None,
    ) -> torch.Tensor:
        """Predict the velocity (noise - clean) [B C T H W] of noisy latents [B C T H W].

        noise_level: in 0..1, per sample [B], per latent frame [B T] or per patch [B N], patches of the padded grid in
            the order (t h w). A model without per_token_timesteps was trained with the first form only.
        text: [B L D], zero where there is no token; TimedText of the T latent frames; or the result of `prepare`, which
            saves work in every step.
        image: required by image-to-video models. A sampler can call functools.partial(dit, image=image).

        T, H and W may be any sizes >= 1: the grid is padded to whole patches and the result cropped. Computes in
        `self.dtype` and returns the dtype of latents. Raises ValueError if shapes do not fit the config or each other.
        """
        image = None if image is None else image.for_batch(latents.shape[0])
        x = latents if image is None else image.append_to(latents)  # [B C T H W]
        self._check(x, noise_level, text)
        x = pad_to_patch(x, self.config.patch_size).to(self.dtype)
        grid = grid_shape(x, self.config.patch_size)
        tokens = None if image is None else image.tokens
        text = text if isinstance(text, PreparedText) else _cast(text, self.dtype)
        velocity = self.velocity(x, 1000 * upcast(noise_level), text, positions(grid, device=x.device), tokens)
        t, h, w = latents.shape[2:]
        return velocity[:, :, :t, :h, :w].to(latents.dtype)

    def step_bytes(self, latents: torch.Tensor) -> int:
        """Estimate the bytes of activations of a call without gradients, for latents [B C T H W]."""
        c = self.config
        in_feed_forward, in_attention, in_modulation = 4 * c.dim + c.ffn_dim, 8 * c.dim, 11 * c.dim
        widths = (in_feed_forward, in_attention, in_modulation if c.per_token_timesteps else 0)  # per token
        tokens = latents.shape[0] * math.prod(grid_shape(latents, c.patch_size))
        return tokens * max(widths) * self.dtype.itemsize

    def prepare(self, text: torch.Tensor | TimedText, image: ImageConditioning | None = None) -> PreparedText:
        """Precompute what depends on text and image alone; keeps 2 L D numbers per block, sample and prompt."""
        tokens = None if image is None else image.for_batch(len(text)).tokens
        pooled, key_values = self._contexts(_cast(text, self.dtype), tokens)
        return PreparedText(pooled, tuple(key_values))

    def velocity(
        self,
        x: torch.Tensor,
        timestep: torch.Tensor,
        text: Text,
        coordinates: torch.Tensor,
        image_tokens: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Run the network on latents x [B C T H W] of whole patches.

        Computes in the dtype of x, whatever the dtype of the weights, for hosts whose layers cast.

        x: has all in_channels.
        timestep: [B] or [B G] in 0..1000, for G groups of patches of equal size: 1, the frames of the grid, or all N.
        coordinates: (t, h, w) of each patch, [N 3].
        image_tokens: [B M D'], required if the config has an image_dim, else refused with a ValueError.
        """
        pooled, key_values = self._contexts(text, image_tokens)
        rope = self._rope(coordinates, x.dtype)
        tokens = self.patch_embedding(x).to(x.dtype)  # [B D t h w]
        grid: Grid = (tokens.shape[2], tokens.shape[3], tokens.shape[4])
        steps = timestep if timestep.ndim == 2 else timestep[:, None]  # [B G]
        if pooled is not None and pooled.ndim == 3 and steps.shape[1] == 1:
            steps = steps.expand(-1, grid[0])  # a group for each frame, since each has a text of its own
        time, modulation = self.embed_time(steps, pooled, x.dtype)
        tokens = tokens.flatten(2).transpose(1, 2).contiguous()  # [B N D]
        tokens = tokens.unflatten(1, (steps.shape[1], -1))  # [B G S D]
        for index, context in enumerate(key_values):
            tokens = self.run_block(index, tokens, modulation, context, rope)
        output = unpatchify(self.head(tokens, time), grid, self.config.patch_size)  # [B C T H W]
        if not self.config.clean_prediction:
            return output
        return velocity_from_clean(x, output, steps / 1000, grid, self.config.patch_size)

    def run_block(
        self,
        index: int,
        tokens: torch.Tensor,
        modulation: Modulation,
        context: tuple[Context, ...],
        rope: torch.Tensor,
    ) -> torch.Tensor:
        """Run one block on tokens [B G S D], see Block. A host whose users can replace blocks overrides this."""
        return self.blocks[index](tokens, modulation, context, rope)

    def embed_time(
        self, steps: torch.Tensor, pooled: torch.Tensor | None, dtype: torch.dtype
    ) -> tuple[Modulation, Modulation]:
        """Embed timesteps [B G] and pooled text as modulation: 1 vector for the head, 6 for the blocks.

        With more than MANY_GROUPS groups only distinct timesteps are embedded, because 6 D numbers for each patch of a
        large clip take gigabytes.
        """
        row = None
        if pooled is None and steps.shape[1] > MANY_GROUPS:
            steps, row = steps.unique(return_inverse=True)  # [U], [B G]
        time = self.time_embedding(timestep_embedding(steps, self.config.freq_dim).to(dtype))  # [B G|U D]
        if pooled is not None:
            time = time + pooled_by_group(pooled, steps.shape[1])
        modulation = self.time_projection(time).unflatten(-1, (6, -1))  # [... 6 D]
        return Modulation(upcast(time)[..., None, None, :], row), Modulation(upcast(modulation)[..., None, :, :], row)

    def _rope(self, coordinates: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Positions [N 3] -> what apply_rope takes for tokens of this dtype, in the form that is faster there."""
        freqs = rope_freqs(coordinates, self.config.dim // self.config.num_heads)  # [N 1 d/2 2]
        if dtype in HALF and coordinates.device.type != "cpu" and not torch.is_grad_enabled():
            return rotation_matrices(freqs)  # [N 1 d/2 2 2]
        return freqs.to(torch.promote_types(dtype, torch.float32))

    def _contexts(
        self, text: Text, image_tokens: torch.Tensor | None
    ) -> tuple[torch.Tensor | None, Iterator[tuple[Context, ...]]]:
        """Pooled text, [B D] or [B t D] by frame, and the contexts of each block, computed on demand."""
        if isinstance(text, PreparedText):
            return text.pooled, iter(text.key_values)
        if isinstance(text, torch.Tensor):
            return self._pool(text), self._key_values(text, self._embed_image(image_tokens, text))
        image = self._embed_image(image_tokens, text.texts[0])  # which all frames see: the other texts need none
        shares = shares_on_grid(text.shares, self.config.patch_size[0])
        pooled = [self._pool(each) for each in text.texts]
        images = [image, *[None] * (len(text.texts) - 1)]
        key_values = zip(*map(self._key_values, text.texts, images), strict=True)
        by_frame = None if self.text_pool is None else pooled_by_frame(cast("list[torch.Tensor]", pooled), shares)
        return by_frame, timed(key_values, shares)

    def _pool(self, text: torch.Tensor) -> torch.Tensor | None:
        """Text [B L D] -> [B D]; None without pooled_text."""
        return None if self.text_pool is None else self.text_pool(mean_of_tokens(text))

    def _key_values(self, text: torch.Tensor, image: torch.Tensor | None) -> Iterator[tuple[KeyValue, ...]]:
        """Yield the keys and values of each block, computed on demand. image: [B M D]."""
        context = self.text_embedding(text)  # [B L D]
        return (block.key_values(context, image) for block in cast("list[Block]", self.blocks))

    def _embed_image(self, tokens: torch.Tensor | None, x: torch.Tensor) -> torch.Tensor | None:
        """Image tokens [B M D'] in the dtype of x [B ...] -> [B M D]; None for a model without image_dim."""
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

    def _check(self, latents: torch.Tensor, noise_level: torch.Tensor, text: Text) -> None:
        c, (t, h, w) = self.config, grid_shape(latents, self.config.patch_size)
        batch = latents.shape[0]
        if latents.shape[1] != c.in_channels:
            extra = c.in_channels - c.out_channels
            image = f" ({extra} of them from ImageConditioning)" if extra > 0 else ""
            raise ValueError(
                f"expected {c.in_channels} latent channels{image}, got shape {tuple(latents.shape)} [B C T H W]"
            )
        if isinstance(text, PreparedText):
            if text.batch != batch:
                raise ValueError(f"expected text prepared for {batch} samples, got text for {text.batch}")
            if text.frames not in (None, t):
                raise ValueError(f"expected text prepared for {t} frames of patches, got text for {text.frames}")
        else:
            for each in text.texts if isinstance(text, TimedText) else (text,):
                if each.ndim != 3 or each.shape[0] != batch or each.shape[2] != c.text_dim or each.shape[1] < 1:
                    raise ValueError(
                        f"expected text [{batch} L {c.text_dim}] with L >= 1, got shape {tuple(each.shape)}"
                    )
            if isinstance(text, TimedText) and text.frames != latents.shape[2]:
                raise ValueError(f"expected texts of {latents.shape[2]} latent frames, got texts of {text.frames}")
        if tuple(noise_level.shape) not in {(batch,), (batch, 1), (batch, t), (batch, t * h * w)}:
            raise ValueError(
                f"expected noise_level [{batch}], [{batch} {t}] (per frame) or [{batch} {t * h * w}] (per patch), "
                f"got shape {tuple(noise_level.shape)}"
            )


def _cast(text: torch.Tensor | TimedText, dtype: torch.dtype) -> torch.Tensor | TimedText:
    """Text in another dtype."""
    if isinstance(text, torch.Tensor):
        return text.to(dtype)
    return TimedText(tuple(each.to(dtype) for each in text.texts), text.shares)


def mean_of_tokens(text: torch.Tensor) -> torch.Tensor:
    """Average text [B L D] over the positions that hold a token -> [B D]; zero for a prompt without tokens."""
    present = (text != 0).any(dim=-1, keepdim=True)  # [B L 1]
    return text.sum(dim=1) / present.sum(dim=1).clamp(min=1)

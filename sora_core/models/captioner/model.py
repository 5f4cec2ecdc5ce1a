"""Captioner: latents of a clip to a caption, by an encoder over the latents and a decoder over the text.

A plain encoder and decoder (https://arxiv.org/abs/1706.03762). It reads the latents that the DiT makes, so that a
generated clip needs no decoding to be described.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn
from torch.nn import functional as F

from ...canvas.patches import pad_to_patch
from ...system.polling import Poll, never
from ..wan.text_encoder.tokenizer import Tokenizer
from .layers import DecoderLayer, EncoderLayer, KeyValue, Stem, patches

PAD, END = "<pad>", "</s>"  # as in TextEncoder; the end token also begins a text
MOST_TOKENS, MOST_LAYERS, LARGEST = 1024, 64, 2**16  # of a config: files may say anything


@dataclass(frozen=True)
class CaptionerConfig:
    """Sizes of a captioner; the defaults are those of the bundled model's.

    latent_channels: of the VAE. patch: height and width of the latents in a token. max_tokens: of a caption.
    stem: channels of the convolutions beside the patches; 0 for none.
    """

    latent_channels: int = 48
    vocab_size: int = 1024
    dim: int = 160
    ffn_dim: int = 640
    num_heads: int = 5
    encoder_layers: int = 3
    decoder_layers: int = 3
    patch: int = 2
    max_tokens: int = 96
    stem: int = 0

    def __post_init__(self) -> None:
        layers = (self.encoder_layers, self.decoder_layers)
        sizes = (self.latent_channels, self.vocab_size, self.dim, self.ffn_dim, self.num_heads, *layers, self.patch)
        if min(*sizes, self.max_tokens) < 1 or self.dim % self.num_heads or self.dim < 6:
            raise ValueError(f"all sizes must be >= 1, dim >= 6 and a multiple of num_heads, got {self}")
        if self.stem < 0:
            raise ValueError(f"stem must be >= 0, got {self}")
        if max(layers) > MOST_LAYERS or self.max_tokens > MOST_TOKENS or max(*sizes, self.stem) > LARGEST:
            raise ValueError(
                f"expected at most {MOST_LAYERS} layers, {MOST_TOKENS} tokens and widths of {LARGEST:,}, got {self}"
            )


class Captioner(nn.Module):
    """Writes captions of clips. tokenizer: of the text, with the pad token as id 0 and an end token.

    Raises ValueError for a tokenizer that does not fit the config.
    """

    def __init__(
        self, config: CaptionerConfig, tokenizer: Tokenizer, *, device: torch.device | str | None = None
    ) -> None:
        super().__init__()
        end = tokenizer.token_id(END)
        if tokenizer.token_id(PAD) != 0 or end is None or tokenizer.vocab_size > config.vocab_size:
            raise ValueError(
                f"expected a tokenizer of at most {config.vocab_size} tokens with {PAD} as token 0 and an end token "
                f"{END}, got one of {tokenizer.vocab_size}"
            )
        self.config, self.tokenizer, self.end = config, tokenizer, end
        dim, sizes = config.dim, (config.dim, config.num_heads, config.ffn_dim)
        self.patches = nn.Linear(config.latent_channels * config.patch**2, dim, device=device)
        self.stem = Stem(config.latent_channels, config.stem, config.patch, dim, device=device) if config.stem else None
        self.encoder = nn.ModuleList(EncoderLayer(*sizes, device=device) for _ in range(config.encoder_layers))
        self.decoder = nn.ModuleList(DecoderLayer(*sizes, device=device) for _ in range(config.decoder_layers))
        self.encoder_norm, self.decoder_norm = (nn.LayerNorm(dim, device=device) for _ in range(2))
        self.words = nn.Embedding(config.vocab_size, config.dim, device=device)  # the head has the same weights
        if device is None or torch.device(device).type != "meta":
            nn.init.normal_(self.words.weight, std=config.dim**-0.5)

    def tokenize(self, texts: list[str]) -> torch.Tensor:
        """Tokenize captions to ids [B L] that end with the end token, then 0; cuts what is longer than max_tokens."""
        rows = [[*self.tokenizer.encode(text)[: self.config.max_tokens - 1], self.end] for text in texts]
        ids = torch.zeros(len(rows), max(len(row) for row in rows), dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row)
        return ids

    def forward(self, latents: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return logits [B L V] of each token of ids [B L], given those before it and latents [B C T H W]."""
        return self.read(self.encode(latents), ids)

    def read(self, memory: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return logits [B L V] of each token of ids [B L], given those before it and the memory of encode."""
        ids = torch.cat([torch.full_like(ids[:, :1], self.end), ids[:, :-1]], dim=1)
        hidden = self._words(ids, 0)
        later = torch.full((ids.shape[1], ids.shape[1]), -math.inf, device=ids.device, dtype=hidden.dtype).triu(1)
        for layer, clip in zip(self.decoder, self._seen(memory), strict=True):
            hidden, _ = layer(hidden, clip, bias=later)
        return F.linear(self.decoder_norm(hidden), self.words.weight)

    def encode(self, latents: torch.Tensor) -> torch.Tensor:
        """Encode normalised latents [B C T H W] of any size to memory [B N D]."""
        if latents.ndim != 5 or latents.shape[1] != self.config.latent_channels:
            raise ValueError(
                f"got latents of shape {tuple(latents.shape)}, expected [B {self.config.latent_channels} T H W]: this "
                "captioner reads those of another VAE"
            )
        patch = self.config.patch
        padded = pad_to_patch(latents, (1, patch, patch))
        tokens = self.patches(patches(padded, patch))
        if self.stem is not None:
            tokens = tokens + self.stem(padded)
        tokens = (tokens + _places(tokens)).flatten(1, 3)
        for layer in self.encoder:
            tokens = layer(tokens)
        return self.encoder_norm(tokens)

    @torch.no_grad()
    def describe(self, latents: torch.Tensor, *, poll: Poll = never) -> list[str]:
        """Write the most likely caption of each clip, token by token. poll: called before each; it may interrupt."""
        clips = self._seen(self.encode(latents.to(self.words.weight)))
        texts: list[KeyValue | None] = [None] * len(clips)
        token = torch.full((len(latents), 1), self.end, device=self.words.weight.device)
        ids, done = token[:, :0], torch.zeros_like(token, dtype=torch.bool)
        while ids.shape[1] < self.config.max_tokens and not bool(done.all()):
            poll()
            hidden = self._words(token, ids.shape[1])
            for place, (layer, clip) in enumerate(zip(self.decoder, clips, strict=True)):
                hidden, texts[place] = layer(hidden, clip, before=texts[place])
            token = F.linear(self.decoder_norm(hidden), self.words.weight).argmax(dim=-1)
            token = torch.where(done, 0, token)
            done |= token == self.end
            ids = torch.cat([ids, token], dim=1)
        return [self._text(row) for row in ids.tolist()]

    def _seen(self, memory: torch.Tensor) -> list[KeyValue]:
        """Keys and values of a memory for each layer of the decoder."""
        return [layer.clip_attention.read(memory) for layer in cast("Iterable[DecoderLayer]", self.decoder)]

    def _words(self, ids: torch.Tensor, first: int) -> torch.Tensor:
        """Embed tokens [B L], of which the first is at this place of the text."""
        places = _waves(first + ids.shape[1], self.config.dim, self.words.weight)[first:]
        return self.words(ids) * math.sqrt(self.config.dim) + places

    def _text(self, ids: list[int]) -> str:
        stop = ids.index(self.end) if self.end in ids else len(ids)
        return self.tokenizer.decode(ids[:stop]).strip()


def _places(tokens: torch.Tensor) -> torch.Tensor:
    """Positions [T H W D] of tokens [B T H W D]: a third of the channels for each axis."""
    *_, width = tokens.shape
    parts = [width // 3, width // 3, width - 2 * (width // 3)]
    grid = tokens.shape[1:4]
    axes = []
    for axis, (size, channels) in enumerate(zip(grid, parts, strict=True)):
        shape = [1, 1, 1, channels]
        shape[axis] = size
        axes.append(_waves(size, channels, tokens).view(shape).expand(*grid, channels))
    return torch.cat(axes, dim=-1)


def _waves(length: int, channels: int, like: torch.Tensor) -> torch.Tensor:
    """Sines and cosines of positions: [length channels]."""
    half = (channels + 1) // 2
    rates = torch.exp(-math.log(1000.0) * torch.arange(half, device=like.device) / half)
    angles = torch.arange(length, device=like.device)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :channels].to(like)

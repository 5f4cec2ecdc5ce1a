"""Layers of the captioner: attention with normalised queries and keys, over what was written and over what is seen.

Norms first (https://arxiv.org/abs/2002.04745); without the norms of queries and keys Muon's updates would let their
products grow (https://arxiv.org/abs/2302.05442).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class KeyValue:
    """Keys and values [B H N D] of what is attended to."""

    key: torch.Tensor
    value: torch.Tensor

    def then(self, later: KeyValue) -> KeyValue:
        """Return these with later ones after them."""
        return KeyValue(torch.cat([self.key, later.key], dim=2), torch.cat([self.value, later.value], dim=2))


class Attention(nn.Module):
    """Multi-head attention; keys and values are made apart, so that they can be kept from token to token."""

    def __init__(self, dim: int, num_heads: int, *, device: torch.device | str | None = None) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.q, self.k, self.v, self.out = (nn.Linear(dim, dim, device=device) for _ in range(4))
        self.q_norm, self.k_norm = (nn.RMSNorm(dim // num_heads, eps=1e-5, device=device) for _ in range(2))

    def read(self, x: torch.Tensor) -> KeyValue:
        """Make keys and values of tokens [B N D]."""
        return KeyValue(self.k_norm(self._heads(self.k(x))), self._heads(self.v(x)))

    def forward(self, x: torch.Tensor, seen: KeyValue, bias: torch.Tensor | None = None) -> torch.Tensor:
        """Attend from tokens [B L D]. bias [L N]: is added to the scores."""
        q = self.q_norm(self._heads(self.q(x)))
        attended = F.scaled_dot_product_attention(q, seen.key, seen.value, bias)
        return self.out(rearrange(attended, "b h l d -> b l (h d)"))

    def _heads(self, x: torch.Tensor) -> torch.Tensor:
        return rearrange(x, "b l (h d) -> b h l d", h=self.num_heads)


class MLP(nn.Sequential):
    """Two linear layers with a GELU between them."""

    def __init__(self, dim: int, hidden: int, *, device: torch.device | str | None = None) -> None:
        super().__init__(nn.Linear(dim, hidden, device=device), nn.GELU(), nn.Linear(hidden, dim, device=device))


class Stem(nn.Module):
    """Two convolutions over latents, whose result is added to the tokens of patches; first it adds nothing.

    A patch has 2x2 latents: where an object lies in it must not matter to its shape (https://arxiv.org/abs/2106.14881).
    """

    def __init__(
        self, channels: int, width: int, patch: int, dim: int, *, device: torch.device | str | None = None
    ) -> None:
        super().__init__()
        self.patch = patch
        self.first = nn.Conv3d(channels, width, 3, padding=1, device=device)
        self.second = nn.Conv3d(width, width, 3, padding=1, device=device)
        self.out = nn.Linear(width * patch**2, dim, device=device)
        if device is None or torch.device(device).type != "meta":
            nn.init.zeros_(self.out.weight)
            nn.init.zeros_(self.out.bias)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents [B C T H W], H and W multiples of the patch -> [B T H/patch W/patch D]."""
        seen = F.gelu(self.first(latents))
        seen = seen + F.gelu(self.second(seen))
        return self.out(patches(seen, self.patch))


def patches(latents: torch.Tensor, patch: int) -> torch.Tensor:
    """Cut latents [B C T H W] to patches [B T H/patch W/patch C*patch*patch]."""
    return rearrange(latents, "b c t (h p) (w q) -> b t h w (c p q)", p=patch, q=patch)


class EncoderLayer(nn.Module):
    """Self-attention and an MLP."""

    def __init__(self, dim: int, num_heads: int, hidden: int, *, device: torch.device | str | None = None) -> None:
        super().__init__()
        self.norm, self.mlp_norm = (nn.LayerNorm(dim, device=device) for _ in range(2))
        self.attention = Attention(dim, num_heads, device=device)
        self.mlp = MLP(dim, hidden, device=device)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Tokens [B N D] -> [B N D]."""
        inner = self.norm(x)
        x = x + self.attention(inner, self.attention.read(inner))
        return x + self.mlp(self.mlp_norm(x))


class DecoderLayer(nn.Module):
    """Attention to the text so far, attention to the clip, and an MLP."""

    def __init__(self, dim: int, num_heads: int, hidden: int, *, device: torch.device | str | None = None) -> None:
        super().__init__()
        self.norm, self.clip_norm, self.mlp_norm = (nn.LayerNorm(dim, device=device) for _ in range(3))
        self.attention, self.clip_attention = (Attention(dim, num_heads, device=device) for _ in range(2))
        self.mlp = MLP(dim, hidden, device=device)

    def forward(
        self, x: torch.Tensor, clip: KeyValue, *, before: KeyValue | None = None, bias: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, KeyValue]:
        """Tokens [B L D] -> [B L D], and the keys and values of the text up to them. before: of earlier tokens."""
        inner = self.norm(x)
        text = self.attention.read(inner)
        text = text if before is None else before.then(text)
        x = x + self.attention(inner, text, bias)
        x = x + self.clip_attention(self.clip_norm(x), clip)
        return x + self.mlp(self.mlp_norm(x)), text

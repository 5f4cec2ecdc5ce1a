"""The umT5 encoder: T5 1.1 with relative positions in every layer, unlike mT5.

T5: https://arxiv.org/abs/1910.10683, umT5: https://arxiv.org/abs/2304.09151. Tensor names and maths are those of
transformers' UMT5EncoderModel, so published weights fit. Unlike that class it can compute in float32 with weights in
half precision: those of umT5-XXL take 11 GB.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

BUCKETS, FARTHEST = 32, 128  # relative-position buckets; distances beyond FARTHEST share one per direction
EPS = 1e-6


class Linear(nn.Linear):
    """Linear layer without bias that computes in the dtype of its input."""

    def __init__(self, in_features: int, out_features: int, std: float, **factory: Any) -> None:
        self.std = std
        super().__init__(in_features, out_features, bias=False, **factory)

    def reset_parameters(self) -> None:
        """Initialise normally distributed, as T5 does; weights on the meta device are not touched."""
        if not self.weight.is_meta:
            nn.init.normal_(self.weight, std=self.std)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[... in] -> [... out]"""
        return F.linear(x, self.weight.to(x.dtype))


class Embedding(nn.Embedding):
    """Embedding table with the initialisation of Linear."""

    def __init__(self, count: int, dim: int, std: float, **factory: Any) -> None:
        self.std = std
        super().__init__(count, dim, **factory)

    def reset_parameters(self) -> None:
        """See Linear."""
        if not self.weight.is_meta:
            nn.init.normal_(self.weight, std=self.std)


class RMSNorm(nn.Module):
    """RMS norm with the root mean square in float32 or float64."""

    def __init__(self, dim: int, **factory: Any) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim, **factory))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[... D] -> [... D]"""
        upcast = x.to(torch.promote_types(x.dtype, torch.float32))
        normed = upcast * torch.rsqrt(upcast.pow(2).mean(-1, keepdim=True) + EPS)
        return normed.to(x.dtype) * self.weight.to(x.dtype)


class Attention(nn.Module):
    """Self-attention with a learnt bias per head and relative-position bucket. Scores are not scaled."""

    def __init__(self, dim: int, inner_dim: int, num_heads: int, **factory: Any) -> None:
        super().__init__()
        self.num_heads = num_heads
        narrow = dim**-0.5
        self.q = Linear(dim, inner_dim, narrow * (inner_dim // num_heads) ** -0.5, **factory)
        self.k = Linear(dim, inner_dim, narrow, **factory)
        self.v = Linear(dim, inner_dim, narrow, **factory)
        self.o = Linear(inner_dim, dim, inner_dim**-0.5, **factory)
        self.relative_attention_bias = Embedding(BUCKETS, num_heads, narrow, **factory)

    def forward(self, x: torch.Tensor, buckets: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """x [B L D], buckets [L L], present [B L] -> [B L D]; keys that are not present are masked."""
        q, k, v = (layer(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        bias = self.relative_attention_bias(buckets).to(x.dtype).permute(2, 0, 1)  # [H L L]
        scores = (q @ k.transpose(-1, -2) + bias).masked_fill(  # [B H L L]
            ~present[:, None, None], torch.finfo(x.dtype).min
        )
        return self.o((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class GatedFeedForward(nn.Module):
    """Gated feed-forward: GELU (tanh approximation) of one projection times another."""

    def __init__(self, dim: int, ffn_dim: int, **factory: Any) -> None:
        super().__init__()
        self.wi_0 = Linear(dim, ffn_dim, dim**-0.5, **factory)
        self.wi_1 = Linear(dim, ffn_dim, dim**-0.5, **factory)
        self.wo = Linear(ffn_dim, dim, ffn_dim**-0.5, **factory)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B L D] -> [B L D]"""
        return self.wo(F.gelu(self.wi_0(x), approximate="tanh") * self.wi_1(x))


class AttentionLayer(nn.Module):
    """Self-attention with norm and residual connection: the first half of a block."""

    def __init__(self, dim: int, inner_dim: int, num_heads: int, **factory: Any) -> None:
        super().__init__()
        self.SelfAttention = Attention(dim, inner_dim, num_heads, **factory)
        self.layer_norm = RMSNorm(dim, **factory)

    def forward(self, x: torch.Tensor, buckets: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """See Attention."""
        return x + self.SelfAttention(self.layer_norm(x), buckets, present)


class FeedForwardLayer(nn.Module):
    """Feed-forward with norm and residual connection: the second half of a block."""

    def __init__(self, dim: int, ffn_dim: int, **factory: Any) -> None:
        super().__init__()
        self.DenseReluDense = GatedFeedForward(dim, ffn_dim, **factory)
        self.layer_norm = RMSNorm(dim, **factory)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B L D] -> [B L D]"""
        return x + self.DenseReluDense(self.layer_norm(x))


class Block(nn.Module):
    """Encoder block: self-attention, then feed-forward."""

    def __init__(self, dim: int, inner_dim: int, ffn_dim: int, num_heads: int, **factory: Any) -> None:
        super().__init__()
        attention = AttentionLayer(dim, inner_dim, num_heads, **factory)
        self.layer = nn.ModuleList([attention, FeedForwardLayer(dim, ffn_dim, **factory)])

    def forward(self, x: torch.Tensor, buckets: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """See Attention."""
        attention, feed_forward = self.layer
        return feed_forward(attention(x, buckets, present))


class Stack(nn.Module):
    """All encoder blocks and the final norm."""

    def __init__(self, dim: int, inner_dim: int, ffn_dim: int, num_heads: int, num_layers: int, **factory: Any) -> None:
        super().__init__()
        self.block = nn.ModuleList(Block(dim, inner_dim, ffn_dim, num_heads, **factory) for _ in range(num_layers))
        self.final_layer_norm = RMSNorm(dim, **factory)

    def forward(self, x: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """x [B L D], present [B L] -> [B L D]"""
        buckets = distance_buckets(x.shape[1]).to(x.device)
        for block in self.block:
            x = block(x, buckets, present)
        return self.final_layer_norm(x)


class UMT5(nn.Module):
    """umT5 encoder: token ids to embeddings.

    In training it computes in the dtype of its weights. In evaluation it computes in float32 or float64 and casts each
    weight where it is used, because float16 overflows and bfloat16 loses accuracy.
    """

    def __init__(
        self,
        vocab_size: int,
        dim: int,
        inner_dim: int,
        ffn_dim: int,
        num_heads: int,
        num_layers: int,
        **factory: Any,
    ) -> None:
        super().__init__()
        self.shared = Embedding(vocab_size, dim, 1.0, **factory)
        self.encoder = Stack(dim, inner_dim, ffn_dim, num_heads, num_layers, **factory)

    def forward(self, ids: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """ids [B L], present [B L] (True for a token, False for padding) -> [B L D]"""
        embedded = self.shared(ids)  # [B L D]
        if not self.training:
            embedded = embedded.to(torch.promote_types(embedded.dtype, torch.float32))
        return self.encoder(embedded, present)


def distance_buckets(length: int) -> torch.Tensor:
    """Compute the relative-position bucket from each token (row) to each other (column): [L L], on the CPU.

    Each direction has half of the buckets; half of those are exact distances, the others grow logarithmically.
    """
    position = torch.arange(length)
    distance = position[None, :] - position[:, None]  # [L L]
    each_way = BUCKETS // 2
    exact = each_way // 2
    near = distance.abs()
    share = torch.log(near.clamp(min=1).float() / exact) / math.log(FARTHEST / exact)  # the division as in T5
    far = (exact + (share * (each_way - exact)).long()).clamp(max=each_way - 1)
    return torch.where(near < exact, near, far) + each_way * (distance > 0)

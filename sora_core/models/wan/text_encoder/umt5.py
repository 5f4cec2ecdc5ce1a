"""The encoder of umT5: T5 1.1 with relative positions in every layer, by which it differs from mT5.

T5: https://arxiv.org/abs/1910.10683, umT5: https://arxiv.org/abs/2304.09151. Names of tensors and maths are those of
transformers' UMT5EncoderModel, so that published weights fit; written out so that weights may stay in the precision of
their file while the arithmetic is wider: those of umT5-XXL are 11 GB in half precision.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

BUCKETS, FARTHEST = 32, 128  # classes of distances between tokens; all beyond FARTHEST are one class
EPS = 1e-6


class Linear(nn.Linear):
    """Without a bias, in the dtype of its input."""

    def __init__(self, in_features: int, out_features: int, std: float, **factory: Any) -> None:
        self.std = std
        super().__init__(in_features, out_features, bias=False, **factory)

    def reset_parameters(self) -> None:
        """Normal, as T5 begins its training; weights on the meta device are left alone."""
        if not self.weight.is_meta:
            nn.init.normal_(self.weight, std=self.std)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[... in] -> [... out]"""
        return F.linear(x, self.weight.to(x.dtype))


class Embedding(nn.Embedding):
    """A table, begun as Linear."""

    def __init__(self, count: int, dim: int, std: float, **factory: Any) -> None:
        self.std = std
        super().__init__(count, dim, **factory)

    def reset_parameters(self) -> None:
        """As of Linear."""
        if not self.weight.is_meta:
            nn.init.normal_(self.weight, std=self.std)


class RMSNorm(nn.Module):
    """Divides by the root mean square, which is taken in float32 at least."""

    def __init__(self, dim: int, **factory: Any) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim, **factory))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[... D] -> [... D]"""
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        normed = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + EPS)
        return normed.to(x.dtype) * self.weight.to(x.dtype)


class Attention(nn.Module):
    """Self-attention with a learnt bias for each head and class of distance. Scores are not scaled."""

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
        """x [B L D], buckets [L L], present [B L] -> [B L D]; what is not present is not looked at."""
        q, k, v = (layer(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        bias = self.relative_attention_bias(buckets).to(x.dtype).permute(2, 0, 1)  # [H L L]
        scores = (q @ k.transpose(-1, -2) + bias).masked_fill(  # [B H L L]
            ~present[:, None, None], torch.finfo(x.dtype).min
        )
        return self.o((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class GatedFeedForward(nn.Module):
    """GELU (by tanh) of one projection times another."""

    def __init__(self, dim: int, ffn_dim: int, **factory: Any) -> None:
        super().__init__()
        self.wi_0 = Linear(dim, ffn_dim, dim**-0.5, **factory)
        self.wi_1 = Linear(dim, ffn_dim, dim**-0.5, **factory)
        self.wo = Linear(ffn_dim, dim, ffn_dim**-0.5, **factory)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B L D] -> [B L D]"""
        return self.wo(F.gelu(self.wi_0(x), approximate="tanh") * self.wi_1(x))


class AttentionLayer(nn.Module):
    """The first half of a block."""

    def __init__(self, dim: int, inner_dim: int, num_heads: int, **factory: Any) -> None:
        super().__init__()
        self.SelfAttention = Attention(dim, inner_dim, num_heads, **factory)
        self.layer_norm = RMSNorm(dim, **factory)

    def forward(self, x: torch.Tensor, buckets: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """As Attention, with a norm before and a residual around it."""
        return x + self.SelfAttention(self.layer_norm(x), buckets, present)


class FeedForwardLayer(nn.Module):
    """The second half of a block."""

    def __init__(self, dim: int, ffn_dim: int, **factory: Any) -> None:
        super().__init__()
        self.DenseReluDense = GatedFeedForward(dim, ffn_dim, **factory)
        self.layer_norm = RMSNorm(dim, **factory)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B L D] -> [B L D]"""
        return x + self.DenseReluDense(self.layer_norm(x))


class Block(nn.Module):
    """Attention, then a feed-forward."""

    def __init__(self, dim: int, inner_dim: int, ffn_dim: int, num_heads: int, **factory: Any) -> None:
        super().__init__()
        attention = AttentionLayer(dim, inner_dim, num_heads, **factory)
        self.layer = nn.ModuleList([attention, FeedForwardLayer(dim, ffn_dim, **factory)])

    def forward(self, x: torch.Tensor, buckets: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """As Attention."""
        attention, feed_forward = self.layer
        return feed_forward(attention(x, buckets, present))


class Stack(nn.Module):
    """All blocks, and a norm."""

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
    """Token ids to embeddings.

    Computes in the dtype of its weights while it is trained, and in float32 at least otherwise, each weight cast where
    it is used: half precision would overflow in float16, and costs accuracy in bfloat16.
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
        """ids [B L], present [B L] (which of them count) -> [B L D]"""
        embedded = self.shared(ids)  # [B L D]
        if not self.training:
            embedded = embedded.to(torch.promote_types(embedded.dtype, torch.float32))
        return self.encoder(embedded, present)


def distance_buckets(length: int) -> torch.Tensor:
    """Class of the distance from each token (row) to each other (column): [L L], always reckoned on the CPU.

    Half of the classes are for each direction; of these half are exact, the others grow with the logarithm.
    """
    places = torch.arange(length)
    distance = places[None, :] - places[:, None]  # [L L]
    each_way = BUCKETS // 2
    exact = each_way // 2
    near = distance.abs()
    share = torch.log(near.clamp(min=1).float() / exact) / math.log(FARTHEST / exact)  # the division as in T5
    far = (exact + (share * (each_way - exact)).long()).clamp(max=each_way - 1)
    return torch.where(near < exact, near, far) + each_way * (distance > 0)

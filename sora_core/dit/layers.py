"""The layers of the diffusion transformer, in the layout of Wan (https://arxiv.org/abs/2503.20314, section 4.2).

Shapes: B batch, N patches, D width, L text length, G groups of S patches that share one noise level (G * S = N).
Sums that decide the result (norms, modulation, rotation) run in float32 or better, matrix products in the dtype of x.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F


def wide(x: torch.Tensor) -> torch.Tensor:
    """x in at least float32: float64 stays what it is."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def angle_dtype(device: torch.device) -> torch.dtype:
    """Angles reach 1000 radians, so they are computed in float64 where the device has it (Apple's has not)."""
    return torch.float32 if device.type == "mps" else torch.float64


def sinusoid(timestep: torch.Tensor, dim: int) -> torch.Tensor:
    """Timesteps [...] in 0..1000 -> [... dim]: cosines, then sines, of frequencies 1 to 1/10000."""
    half = dim // 2
    exponent = torch.arange(half, device=timestep.device, dtype=angle_dtype(timestep.device)) / half
    angles = timestep[..., None] * 10000.0**-exponent  # [... dim/2]
    return torch.cat((angles.cos(), angles.sin()), dim=-1)  # [... dim]


def rotary_table(positions: torch.Tensor, head_dim: int) -> torch.Tensor:
    """Coordinates [N 3] -> (cos, sin) of every pair of channels, [N 1 head_dim/2 2], in float32 or better.

    RoPE (https://arxiv.org/abs/2104.09864) over three axes: the pairs of a head are shared out over t, h and w, the
    rest of the division goes to t. Computed once per forward and handed to each block.
    """
    spatial = 2 * (head_dim // 6)
    angles = []
    for axis, dim in enumerate((head_dim - 2 * spatial, spatial, spatial)):
        place = positions[:, axis : axis + 1].to(angle_dtype(positions.device))  # [N 1]
        exponent = torch.arange(0, dim, 2, device=place.device, dtype=place.dtype) / max(dim, 1)
        angles.append(place * 10000.0**-exponent)  # [N dim/2]
    table = torch.cat(angles, dim=-1)[:, None]  # [N 1 d/2]
    return torch.stack((table.cos(), table.sin()), dim=-1)  # [N 1 d/2 2]


def rotate(x: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """Turn the channel pairs of x [B N H d] by the angles of the table [N 1 d/2 2].

    A pair is one complex number: one fused product, four times the speed of the same in real arithmetic on a CPU.
    """
    pairs = torch.view_as_complex(wide(x).unflatten(-1, (-1, 2)))  # [B N H d/2]
    turned = pairs * torch.view_as_complex(table)
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)  # [B N H d]


class Attention(nn.Module):
    """Multi-head attention with RMS norm over the full width of queries and keys."""

    def __init__(self, dim: int, num_heads: int, eps: float, *, ops: Any, **factory: Any) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.q = ops.Linear(dim, dim, **factory)
        self.k = ops.Linear(dim, dim, **factory)
        self.v = ops.Linear(dim, dim, **factory)
        self.o = ops.Linear(dim, dim, **factory)
        self.norm_q = ops.RMSNorm(dim, eps=eps, **factory)
        self.norm_k = ops.RMSNorm(dim, eps=eps, **factory)

    def forward(self, x: torch.Tensor, context: torch.Tensor, rotary: torch.Tensor | None = None) -> torch.Tensor:
        """x [B N D] looks at context [B L D]; both are rotated where a table [N 1 d/2 2] is given."""
        q = self.norm_q(self.q(x).to(x.dtype)).unflatten(-1, (self.num_heads, -1))  # [B N H d]
        k = self.norm_k(self.k(context).to(x.dtype)).unflatten(-1, (self.num_heads, -1))  # [B L H d]
        v = self.v(context).unflatten(-1, (self.num_heads, -1))  # [B L H d]
        if rotary is not None:
            q, k = rotate(q, rotary), rotate(k, rotary)
        y = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))  # [B H N d]
        return self.o(y.transpose(1, 2).flatten(2))  # [B N D]


def modulate(x: torch.Tensor, shift: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """x [B G S D] * (1 + scale) + shift, both [B G 1 D], in the wider dtype of the two; result in that of x."""
    return torch.addcmul(shift, x.to(scale.dtype), 1 + scale).to(x.dtype)


def gated_add(x: torch.Tensor, y: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
    """x + y * gate for x, y [B G S D] and gate [B G 1 D]; result in the dtype of x."""
    return torch.addcmul(x.to(gate.dtype), y.to(gate.dtype), gate).to(x.dtype)


class Block(nn.Module):
    """Self-attention over all patches, cross-attention to the text, feed-forward; time steers the first and last."""

    def __init__(
        self, dim: int, ffn_dim: int, num_heads: int, eps: float, cross_attn_norm: bool, *, ops: Any, **factory: Any
    ) -> None:
        super().__init__()
        self.norm1 = ops.LayerNorm(dim, eps=eps, elementwise_affine=False, **factory)
        self.self_attn = Attention(dim, num_heads, eps, ops=ops, **factory)
        self.norm3 = ops.LayerNorm(dim, eps=eps, **factory) if cross_attn_norm else nn.Identity()
        self.cross_attn = Attention(dim, num_heads, eps, ops=ops, **factory)
        self.norm2 = ops.LayerNorm(dim, eps=eps, elementwise_affine=False, **factory)
        self.ffn = nn.Sequential(
            ops.Linear(dim, ffn_dim, **factory), nn.GELU(approximate="tanh"), ops.Linear(ffn_dim, dim, **factory)
        )
        self.modulation = nn.Parameter(torch.randn(1, 6, dim, **factory) / math.sqrt(dim))

    def forward(self, x: torch.Tensor, time: torch.Tensor, text: torch.Tensor, rotary: torch.Tensor) -> torch.Tensor:
        """x [B G S D], time [B G 1 6 D], text [B L D], rotary [N 1 d/2 2] -> [B G S D]."""
        shift1, scale1, gate1, shift2, scale2, gate2 = (time + self.modulation.to(time)).unbind(-2)  # [B G 1 D] each
        tokens = modulate(self.norm1(x), shift1, scale1).flatten(1, 2)  # [B N D]
        x = gated_add(x, self.self_attn(tokens, tokens, rotary).view_as(x), gate1)
        x = x + self.cross_attn(self.norm3(x).flatten(1, 2), text).view_as(x)
        return gated_add(x, self.ffn(modulate(self.norm2(x), shift2, scale2)), gate2)


class Head(nn.Module):
    """The last norm, steered by time, and the projection to the cells of a patch."""

    def __init__(self, dim: int, out_dim: int, eps: float, *, ops: Any, **factory: Any) -> None:
        super().__init__()
        self.norm = ops.LayerNorm(dim, eps=eps, elementwise_affine=False, **factory)
        self.head = ops.Linear(dim, out_dim, **factory)
        self.modulation = nn.Parameter(torch.randn(1, 2, dim, **factory) / math.sqrt(dim))

    def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """x [B G S D], time [B G 1 1 D] -> [B N out_dim]."""
        shift, scale = (time + self.modulation.to(time)).unbind(-2)  # [B G 1 D] each
        return self.head(modulate(self.norm(x), shift, scale)).flatten(1, 2)

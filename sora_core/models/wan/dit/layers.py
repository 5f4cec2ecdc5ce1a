"""The layers of the diffusion transformer, in the layout of Wan (https://arxiv.org/abs/2503.20314, section 4.2).

Shapes: B batch, N patches, D width, L text length, M tokens of an image, G groups of S patches that share one noise
level (G * S = N).
Sums that decide the result (norms, modulation, rotation) run in float32 or better, matrix products in the dtype of x.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

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
    torch.compile fuses real arithmetic only.
    """
    pairs = wide(x).unflatten(-1, (-1, 2))  # [B N H d/2 2]
    if torch.compiler.is_compiling():
        (a, b), (cos, sin) = pairs.unbind(-1), table.unbind(-1)
        return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2).to(x.dtype)
    pairs = torch.view_as_complex(pairs)  # [B N H d/2]
    turned = pairs * torch.view_as_complex(table)
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)  # [B N H d]


class Seen(NamedTuple):
    """What attention looks at: keys and values of a context, [B L H d] each."""

    keys: torch.Tensor
    values: torch.Tensor


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
        self.attend: Attend = attend  # a host may have kernels of its own

    def forward(self, x: torch.Tensor, *contexts: Seen, rotary: torch.Tensor | None = None) -> torch.Tensor:
        """x [B N D], rotated where a table [N 1 d/2 2] is given, looks at contexts, each with a softmax of its own."""
        q = self._turned(self.norm_q(self.q(x).to(x.dtype)), rotary)  # [B N H d]
        return self.o(sum_of([self.attend(q, *seen) for seen in contexts]))  # [B N D]

    def see(self, context: torch.Tensor, rotary: torch.Tensor | None = None) -> Seen:
        """Keys and values of a context [B L D], the keys rotated where a table [L 1 d/2 2] is given."""
        keys = self._turned(self.norm_k(self.k(context).to(context.dtype)), rotary)
        return Seen(keys, self.heads(self.v(context)))

    def _turned(self, x: torch.Tensor, rotary: torch.Tensor | None) -> torch.Tensor:
        """[B N D] -> [B N H d]"""
        return self.heads(x) if rotary is None else rotate(self.heads(x), rotary)

    def heads(self, x: torch.Tensor) -> torch.Tensor:
        """[B N D] -> [B N H d]"""
        return x.unflatten(-1, (self.num_heads, -1))


Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""q [B N H d] over k, v [B L H d] -> [B N D]"""


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Softmax attention of q [B N H d] over k, v [B L H d] -> [B N D]."""
    y = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))  # [B H N d]
    return y.transpose(1, 2).flatten(2)


def sum_of(parts: list[torch.Tensor]) -> torch.Tensor:
    """The sum of tensors of one shape."""
    return reduce(torch.add, parts)


class ImageTextAttention(Attention):
    """Attention to text and to an image's tokens, which have keys and values of their own (Wan 2.1)."""

    def __init__(self, dim: int, num_heads: int, eps: float, *, ops: Any, **factory: Any) -> None:
        super().__init__(dim, num_heads, eps, ops=ops, **factory)
        self.k_img = ops.Linear(dim, dim, **factory)
        self.v_img = ops.Linear(dim, dim, **factory)
        self.norm_k_img = ops.RMSNorm(dim, eps=eps, **factory)

    def see_image(self, image: torch.Tensor) -> Seen:
        """Keys and values of an image's tokens [B M D]."""
        keys = self.heads(self.norm_k_img(self.k_img(image).to(image.dtype)))  # [B M H d]
        return Seen(keys, self.heads(self.v_img(image)))


class ImageEmbedding(nn.Module):
    """Tokens of an image encoder to the width of the DiT, after positions have been added where the model has them."""

    def __init__(self, in_dim: int, dim: int, num_positions: int, *, ops: Any, **factory: Any) -> None:
        super().__init__()
        self.emb_pos = nn.Parameter(torch.zeros(1, num_positions, in_dim, **factory)) if num_positions else None
        self.proj = nn.Sequential(
            ops.LayerNorm(in_dim, **factory),
            ops.Linear(in_dim, in_dim, **factory),
            nn.GELU(),
            ops.Linear(in_dim, dim, **factory),
            ops.LayerNorm(dim, **factory),
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """[B M in_dim] -> [B M D]"""
        if self.emb_pos is not None:
            tokens = tokens + self.emb_pos[:, : tokens.shape[1]].to(tokens)
        return self.proj(tokens)


def random_modulation(rows: int, dim: int, **factory: Any) -> nn.Parameter:
    """[1 rows D] as Wan starts it; only a shape on the meta device, where drawing makes torch import its compiler."""
    values = torch.empty(1, rows, dim, **factory)
    return nn.Parameter(values if values.is_meta else values.normal_() / math.sqrt(dim))


class Steering(NamedTuple):
    """n vectors in which time speaks to each group of patches: values [B G 1 n D].

    Where many groups share few levels, values [U 1 n D] are those of the levels, and row [B G] says which is whose.
    """

    values: torch.Tensor
    row: torch.Tensor | None = None

    def parts(self, own: torch.Tensor) -> list[Steering]:
        """Each of the n alone, with a layer's own [1 n D] added."""
        return [self._replace(values=part) for part in (self.values + own.to(self.values)).unbind(-2)]

    def of_groups(self) -> torch.Tensor:
        """Of one vector: [B G 1 D]."""
        return self.values if self.row is None else self.values[self.row]


def modulate(x: torch.Tensor, shift: Steering, scale: Steering) -> torch.Tensor:
    """x [B G S D] * (1 + scale) + shift, in the wider dtype of the two; result in that of x."""
    factor = 1 + scale.of_groups()
    return torch.addcmul(shift.of_groups(), x.to(factor.dtype), factor).to(x.dtype)


def gated_add(x: torch.Tensor, y: torch.Tensor, gate: Steering) -> torch.Tensor:
    """x + y * gate for x, y [B G S D]; result in the dtype of x."""
    factor = gate.of_groups()
    return torch.addcmul(x.to(factor.dtype), y.to(factor.dtype), factor).to(x.dtype)


class Block(nn.Module):
    """Self-attention over patches, cross-attention to text (and image), feed-forward; time steers first and last."""

    def __init__(
        self,
        dim: int,
        ffn_dim: int,
        num_heads: int,
        eps: float,
        *,
        cross_attn_norm: bool,
        image_tokens: bool,
        ops: Any,
        **factory: Any,
    ) -> None:
        super().__init__()
        self.norm1 = ops.LayerNorm(dim, eps=eps, elementwise_affine=False, **factory)
        self.self_attn = Attention(dim, num_heads, eps, ops=ops, **factory)
        self.norm3 = ops.LayerNorm(dim, eps=eps, **factory) if cross_attn_norm else nn.Identity()
        cross_attention = ImageTextAttention if image_tokens else Attention
        self.cross_attn = cross_attention(dim, num_heads, eps, ops=ops, **factory)
        self.norm2 = ops.LayerNorm(dim, eps=eps, elementwise_affine=False, **factory)
        self.ffn = nn.Sequential(
            ops.Linear(dim, ffn_dim, **factory), nn.GELU(approximate="tanh"), ops.Linear(ffn_dim, dim, **factory)
        )
        self.modulation = random_modulation(6, dim, **factory)

    def see(self, text: torch.Tensor, image: torch.Tensor | None = None) -> tuple[Seen, ...]:
        """What cross-attention looks at, of text [B L D] and image [B M D]; it depends on no noise level."""
        seen = self.cross_attn.see(text)
        if image is None:
            return (seen,)
        assert isinstance(self.cross_attn, ImageTextAttention)
        return seen, self.cross_attn.see_image(image)

    def forward(self, x: torch.Tensor, time: Steering, seen: tuple[Seen, ...], rotary: torch.Tensor) -> torch.Tensor:
        """x [B G S D], time of 6 vectors, seen as from `see`, rotary [N 1 d/2 2] -> [B G S D]."""
        shift1, scale1, gate1, shift2, scale2, gate2 = time.parts(self.modulation)
        tokens = modulate(self.norm1(x), shift1, scale1).flatten(1, 2)  # [B N D]
        around = self.self_attn.see(tokens, rotary)
        x = gated_add(x, self.self_attn(tokens, around, rotary=rotary).view_as(x), gate1)
        x = x + self.cross_attn(self.norm3(x).flatten(1, 2), *seen).view_as(x)
        return gated_add(x, self.ffn(modulate(self.norm2(x), shift2, scale2)), gate2)


class Head(nn.Module):
    """The last norm, steered by time, and the projection to the cells of a patch."""

    def __init__(self, dim: int, out_dim: int, eps: float, *, ops: Any, **factory: Any) -> None:
        super().__init__()
        self.norm = ops.LayerNorm(dim, eps=eps, elementwise_affine=False, **factory)
        self.head = ops.Linear(dim, out_dim, **factory)
        self.modulation = random_modulation(2, dim, **factory)

    def forward(self, x: torch.Tensor, time: Steering) -> torch.Tensor:
        """x [B G S D], time of 1 vector -> [B N out_dim]."""
        shift, scale = time.parts(self.modulation)
        return self.head(modulate(self.norm(x), shift, scale)).flatten(1, 2)

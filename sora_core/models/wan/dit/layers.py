"""Layers of the diffusion transformer, as in Wan (https://arxiv.org/abs/2503.20314, section 4.2).

Shapes: B batch, N patches, D width, L text length, M image tokens, G groups of S patches with one timestep each
(G * S = N).
Norms, modulation and RoPE run in float32 or float64, matrix products in the dtype of x (see rounded_addcmul).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

HALF = (torch.bfloat16, torch.float16)
MIXING = ("cuda", "cpu", "meta")  # devices whose elementwise kernels take operands of several dtypes


def upcast(x: torch.Tensor) -> torch.Tensor:
    """Cast x to float32, unless it is wider: float64 stays float64."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def rounded_addcmul(base: torch.Tensor, x: torch.Tensor, factor: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Compute base + x * factor in the dtype of factor and round it once, to the dtype of `like`, which has the shape.

    In half precision without gradients this is one kernel that reads each operand in its own dtype. Otherwise operands
    are cast first; torch.compile fuses the casts. Both give the same bits.
    """
    plain = torch.is_grad_enabled() or torch.compiler.is_compiling() or x.device.type not in MIXING
    if x.dtype in HALF and not plain:
        return torch.addcmul(base, x, factor, out=torch.empty_like(like))
    wide = factor.dtype
    return torch.addcmul(base.to(wide), x.to(wide), factor).to(like.dtype)


def angle_dtype(device: torch.device) -> torch.dtype:
    """Return the dtype for angles, which reach 1000 radians: float64, or float32 on MPS, which has no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


def timestep_embedding(timestep: torch.Tensor, dim: int) -> torch.Tensor:
    """Embed timesteps [...] in 0..1000 as sinusoids [... dim]: cosines, then sines, of frequencies 1 to 1/10000."""
    half = dim // 2
    exponent = torch.arange(half, device=timestep.device, dtype=angle_dtype(timestep.device)) / half
    angles = timestep[..., None] * 10000.0**-exponent  # [... dim/2]
    return torch.cat((angles.cos(), angles.sin()), dim=-1)  # [... dim]


def rope_freqs(positions: torch.Tensor, head_dim: int) -> torch.Tensor:
    """Compute (cos, sin) of RoPE for positions [N 3]: [N 1 head_dim/2 2], in angle_dtype.

    RoPE (https://arxiv.org/abs/2104.09864) has three axes here: the channel pairs of a head are divided among t, h and
    w, and t takes the remainder. The model computes them once per forward for all blocks.
    """
    spatial = 2 * (head_dim // 6)
    angles = []
    for axis, dim in enumerate((head_dim - 2 * spatial, spatial, spatial)):
        position = positions[:, axis : axis + 1].to(angle_dtype(positions.device))  # [N 1]
        exponent = torch.arange(0, dim, 2, device=position.device, dtype=position.dtype) / max(dim, 1)
        angles.append(position * 10000.0**-exponent)  # [N dim/2]
    angle = torch.cat(angles, dim=-1)[:, None]  # [N 1 d/2]
    return torch.stack((angle.cos(), angle.sin()), dim=-1)  # [N 1 d/2 2]


def rotation_matrices(freqs: torch.Tensor) -> torch.Tensor:
    """Turn freqs [N 1 d/2 2] into the matrices ((cos, -sin), (sin, cos)) that act on channel pairs: [N 1 d/2 2 2].

    They are in float32, for half precision on a GPU.
    """
    cos, sin = freqs.float().unbind(-1)
    return torch.stack((cos, -sin, sin, cos), dim=-1).unflatten(-1, (2, 2))


def apply_rope(x: torch.Tensor, freqs: torch.Tensor) -> torch.Tensor:
    """Rotate the channel pairs of x [B N H d] by freqs [N 1 d/2 2], or by their rotation_matrices [N 1 d/2 2 2].

    With freqs each pair is one complex number. The complex product is one fused kernel, four times as fast as real
    arithmetic on a CPU. torch.compile fuses only real arithmetic. With matrices nothing is cast: two kernels move 12
    bytes per channel in half precision, where two casts and the complex product move 20.
    """
    if freqs.ndim == 5:
        pairs = x.unflatten(-1, (-1, 2))  # [B N H d/2 2]
        of_first = pairs[..., :1] * freqs[..., 0]  # in float32
        return rounded_addcmul(of_first, pairs[..., 1:], freqs[..., 1], like=pairs).flatten(-2)
    pairs = upcast(x).unflatten(-1, (-1, 2))  # [B N H d/2 2]
    if torch.compiler.is_compiling():
        (a, b), (cos, sin) = pairs.unbind(-1), freqs.unbind(-1)
        return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2).to(x.dtype)
    pairs = torch.view_as_complex(pairs)  # [B N H d/2]
    rotated = pairs * torch.view_as_complex(freqs)
    return torch.view_as_real(rotated).flatten(-2).to(x.dtype)  # [B N H d]


class KeyValue(NamedTuple):
    """Keys and values of a context, [B L H d] each."""

    keys: torch.Tensor
    values: torch.Tensor


class FrameShares(NamedTuple):
    """How much of each of P texts the frames of a grid see. seen: for each text its frames [t], and their shares [t].

    It lies on the device of the tokens, so that no block waits for a copy.
    """

    frames: int
    seen: tuple[tuple[torch.Tensor, torch.Tensor], ...]

    @classmethod
    def of(cls, shares: torch.Tensor, device: torch.device) -> FrameShares:
        """Of shares [P T]."""
        own = shares.cpu()
        places = [share.nonzero().flatten() for share in own]
        seen = [(place.to(device), share[place].to(device)) for place, share in zip(places, own, strict=True)]
        return cls(shares.shape[1], tuple(seen))


class TimedKeyValues(NamedTuple):
    """Keys and values of several texts, and how much of each the frames of the grid see."""

    texts: tuple[KeyValue, ...]
    shares: FrameShares


Context = KeyValue | TimedKeyValues
"""What cross-attention attends to."""


class Attention(nn.Module):
    """Multi-head attention with RMS norms over the full width of queries and of keys."""

    def __init__(self, dim: int, num_heads: int, eps: float, *, ops: Any, **factory: Any) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.q = ops.Linear(dim, dim, **factory)
        self.k = ops.Linear(dim, dim, **factory)
        self.v = ops.Linear(dim, dim, **factory)
        self.o = ops.Linear(dim, dim, **factory)
        self.norm_q = ops.RMSNorm(dim, eps=eps, **factory)
        self.norm_k = ops.RMSNorm(dim, eps=eps, **factory)
        self.attend: Attend = attend  # a host may replace these two by its own kernels
        self.rotate: Rotate = apply_rope

    def forward(self, x: torch.Tensor, *contexts: Context, rope: torch.Tensor | None = None) -> torch.Tensor:
        """Attend from x [B N D] to each context with a softmax of its own, and sum: [B N D].

        rope: for the queries, as apply_rope takes it, or None.
        """
        q = self._heads_with_rope(self.norm_q(self.q(x).to(x.dtype)), rope)  # [B N H d]
        return self.o(sum_of([self._attend_to(q, context) for context in contexts]))  # [B N D]

    def _attend_to(self, q: torch.Tensor, context: Context) -> torch.Tensor:
        """[B N H d] -> [B N D]"""
        return self.attend(q, *context) if isinstance(context, KeyValue) else attend_over_time(self.attend, q, context)

    def key_value(self, context: torch.Tensor, rope: torch.Tensor | None = None) -> KeyValue:
        """Compute keys and values of a context [B L D]. rope: for the keys, as apply_rope takes it, or None."""
        keys = self._heads_with_rope(self.norm_k(self.k(context).to(context.dtype)), rope)
        return KeyValue(keys, self.heads(self.v(context)))

    def _heads_with_rope(self, x: torch.Tensor, rope: torch.Tensor | None) -> torch.Tensor:
        """[B N D] -> [B N H d]"""
        return self.heads(x) if rope is None else self.rotate(self.heads(x), rope)

    def heads(self, x: torch.Tensor) -> torch.Tensor:
        """[B N D] -> [B N H d]"""
        return x.unflatten(-1, (self.num_heads, -1))


Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""q [B N H d] over k, v [B L H d] -> [B N D]"""
Rotate = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""x [B N H d] and rope as apply_rope takes them -> [B N H d]"""


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Attend from q [B N H d] to k, v [B L H d] with torch's kernel -> [B N D]."""
    y = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))  # [B H N d]
    return y.transpose(1, 2).flatten(2)


def attend_over_time(attend: Attend, q: torch.Tensor, context: TimedKeyValues) -> torch.Tensor:
    """Attend from each frame of q [B N H d], N patches in the order (t h w), to its own texts -> [B N D].

    What a frame gets from several texts is added by their shares: no text sees a frame of which it has no share.
    """
    calls = [partial(_attend_to_text, attend, text) for text in context.texts]
    return mixed_over_frames(q, calls, context.shares, torch.zeros_like(q).flatten(2))


def _attend_to_text(attend: Attend, text: KeyValue, q: torch.Tensor) -> torch.Tensor:
    return attend(q, *text)


def mixed_over_frames(
    x: torch.Tensor, calls: Sequence[Callable[[torch.Tensor], torch.Tensor]], shares: FrameShares, zero: torch.Tensor
) -> torch.Tensor:
    """Add to zero [B N D] what each call makes of x [B N ...], by its share of a frame: [B N D].

    N patches lie in the order (t h w). shares: of the calls. A call gets only the frames of which it has a share.
    """
    by_frame, result = x.unflatten(1, (shares.frames, -1)), zero.unflatten(1, (shares.frames, -1))  # [B T S ...]
    for call, (places, share) in zip(calls, shares.seen, strict=True):
        if len(places):
            part = call(by_frame[:, places].flatten(1, 2)).unflatten(1, (len(places), -1))  # [B t S D]
            result[:, places] += part * share.to(part).view(1, -1, 1, 1)
    return result.flatten(1, 2)


class TanhGELU(nn.Module):
    """GELU in its tanh form. Without gradients it overwrites its input, the largest activation of a block."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[...] -> [...]"""
        if torch.is_grad_enabled() or torch.compiler.is_compiling():
            return F.gelu(x, approximate="tanh")
        return torch.ops.aten.gelu_(x, approximate="tanh")


def sum_of(parts: list[torch.Tensor]) -> torch.Tensor:
    """Sum tensors of one shape."""
    return reduce(torch.add, parts)


class ImageTextAttention(Attention):
    """Attention to text and to image tokens, each with its own key and value projections (Wan 2.1)."""

    def __init__(self, dim: int, num_heads: int, eps: float, *, ops: Any, **factory: Any) -> None:
        super().__init__(dim, num_heads, eps, ops=ops, **factory)
        self.k_img = ops.Linear(dim, dim, **factory)
        self.v_img = ops.Linear(dim, dim, **factory)
        self.norm_k_img = ops.RMSNorm(dim, eps=eps, **factory)

    def image_key_value(self, image: torch.Tensor) -> KeyValue:
        """Compute keys and values of image tokens [B M D]."""
        keys = self.heads(self.norm_k_img(self.k_img(image).to(image.dtype)))  # [B M H d]
        return KeyValue(keys, self.heads(self.v_img(image)))


class ImageEmbedding(nn.Module):
    """Project image-encoder tokens to the width of the DiT, after adding position embeddings if the model has them."""

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


def initial_modulation(rows: int, dim: int, **factory: Any) -> nn.Parameter:
    """Initialise a modulation parameter [1 rows D] as Wan does.

    On the meta device nothing is drawn, because there a draw makes torch import its compiler.
    """
    values = torch.empty(1, rows, dim, **factory)
    return nn.Parameter(values if values.is_meta else values.normal_() / math.sqrt(dim))


class Modulation(NamedTuple):
    """adaLN modulation: n vectors per group of patches (https://arxiv.org/abs/2212.09748).

    values: [B G 1 n D], or [U 1 n D] for the U distinct timesteps where many groups share few.
    row: the row of `values` for each group, [B G]; None for the first form.
    """

    values: torch.Tensor
    row: torch.Tensor | None = None

    def parts(self, own: torch.Tensor) -> list[Modulation]:
        """Add a layer's own [1 n D] and split into the n vectors."""
        own = own.to(self.values.device if own.dtype in HALF else self.values)  # a sum reads half precision as it is
        return [self._replace(values=part) for part in (self.values + own).unbind(-2)]

    def per_group(self) -> torch.Tensor:
        """Return the one vector of each group: [B G 1 D]."""
        return self.values if self.row is None else self.values[self.row]


def modulate(x: torch.Tensor, shift: Modulation, scale: Modulation) -> torch.Tensor:
    """Compute x * (1 + scale) + shift for x [B G S D], in the dtype of scale; the result has the dtype of x."""
    factor = 1 + scale.per_group()
    return rounded_addcmul(shift.per_group(), x, factor, like=x)


def gated_add(x: torch.Tensor, y: torch.Tensor, gate: Modulation) -> torch.Tensor:
    """Compute x + y * gate for x, y [B G S D], in the dtype of gate; the result has the dtype of x."""
    return rounded_addcmul(x, y, gate.per_group(), like=x)


class Block(nn.Module):
    """DiT block: self-attention, cross-attention to text (and image), feed-forward; adaLN on the first and the last."""

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
        self.ffn = nn.Sequential(ops.Linear(dim, ffn_dim, **factory), TanhGELU(), ops.Linear(ffn_dim, dim, **factory))
        self.modulation = initial_modulation(6, dim, **factory)

    def key_values(self, text: torch.Tensor, image: torch.Tensor | None = None) -> tuple[KeyValue, ...]:
        """Compute cross-attention's keys and values of text [B L D] and image [B M D]; they depend on no timestep."""
        of_text = self.cross_attn.key_value(text)
        if image is None:
            return (of_text,)
        assert isinstance(self.cross_attn, ImageTextAttention)
        return of_text, self.cross_attn.image_key_value(image)

    def forward(
        self, x: torch.Tensor, modulation: Modulation, context: tuple[Context, ...], rope: torch.Tensor
    ) -> torch.Tensor:
        """x [B G S D], modulation of 6 vectors, context from `key_values`, rope as apply_rope takes it -> [B G S D]."""
        shift1, scale1, gate1, shift2, scale2, gate2 = modulation.parts(self.modulation)
        x = gated_add(x, self._attend_to_itself(modulate(self.norm1(x), shift1, scale1), rope), gate1)
        x = x + self.cross_attn(self.norm3(x).flatten(1, 2), *context).view_as(x)
        return gated_add(x, self.ffn(modulate(self.norm2(x), shift2, scale2)), gate2)

    def _attend_to_itself(self, x: torch.Tensor, rope: torch.Tensor) -> torch.Tensor:
        """[B G S D] -> [B G S D]. Keys and values are gone when it returns, before the feed-forward needs memory."""
        tokens = x.flatten(1, 2)  # [B N D]
        return self.self_attn(tokens, self.self_attn.key_value(tokens, rope), rope=rope).view_as(x)


class Head(nn.Module):
    """Final norm with adaLN, and the projection to the latent cells of a patch."""

    def __init__(self, dim: int, out_dim: int, eps: float, *, ops: Any, **factory: Any) -> None:
        super().__init__()
        self.norm = ops.LayerNorm(dim, eps=eps, elementwise_affine=False, **factory)
        self.head = ops.Linear(dim, out_dim, **factory)
        self.modulation = initial_modulation(2, dim, **factory)

    def forward(self, x: torch.Tensor, modulation: Modulation) -> torch.Tensor:
        """x [B G S D], modulation of 1 vector -> [B N out_dim]."""
        shift, scale = modulation.parts(self.modulation)
        return self.head(modulate(self.norm(x), shift, scale)).flatten(1, 2)

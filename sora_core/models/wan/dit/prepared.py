"""PreparedText: what the DiT computes of texts once for all steps. Several texts lie over the frames of its grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import pad

from .layers import Context, FrameShares, KeyValue, TimedKeyValues


@dataclass(frozen=True)
class PreparedText:
    """Cross-attention keys and values of text (and image tokens). They are the same in all steps.

    pooled: [B D], [B t D] of each frame of the grid, or None for a model without pooled_text.
    key_values: for each block, those of its contexts.
    """

    pooled: torch.Tensor | None
    key_values: tuple[tuple[Context, ...], ...]

    @property
    def batch(self) -> int:
        """Number of samples."""
        return _text_of(self.key_values[0][0]).keys.shape[0]

    @property
    def frames(self) -> int | None:
        """Frames of the grid that the texts are for; None for any."""
        first = self.key_values[0][0]
        return first.shares.frames if isinstance(first, TimedKeyValues) else None

    def chunk(self, parts: int) -> list[PreparedText]:
        """Split the batch into equal parts, as torch.chunk does; no copy."""
        pooled = [None] * parts if self.pooled is None else self.pooled.chunk(parts)

        def part(index: int) -> tuple[tuple[Context, ...], ...]:
            return tuple(tuple(_part(context, parts, index) for context in block) for block in self.key_values)

        return [PreparedText(pooled[index], part(index)) for index in range(parts)]


def _text_of(context: Context) -> KeyValue:
    return context if isinstance(context, KeyValue) else context.texts[0]


def _part(context: Any, parts: int, index: int) -> Any:
    if isinstance(context, TimedKeyValues):
        return TimedKeyValues(tuple(_part(text, parts, index) for text in context.texts), context.shares)
    return KeyValue(*(x.chunk(parts)[index] for x in context))


def timed(blocks: Iterable[tuple[tuple[KeyValue, ...], ...]], shares: torch.Tensor) -> Iterator[tuple[Context, ...]]:
    """Lay the contexts of texts over frames: for each block those of P texts -> its contexts. shares: [P t].

    Contexts of the first text beside its own, such as that of an image, are those of all frames.
    """
    placed: FrameShares | None = None
    for texts in blocks:
        placed = placed or FrameShares.of(shares, texts[0][0].keys.device)
        yield TimedKeyValues(tuple(text[0] for text in texts), placed), *texts[0][1:]


def shares_on_grid(shares: torch.Tensor, patch: int) -> torch.Tensor:
    """Average shares [P T] over the latent frames of each patch -> [P t]."""
    frames = shares.shape[1]
    padded = pad(shares[None], (0, -frames % patch), mode="replicate")[0]
    return padded.unflatten(1, (-1, patch)).mean(dim=2)


def pooled_by_frame(pooled: list[torch.Tensor], shares: torch.Tensor) -> torch.Tensor:
    """Mix pooled texts [B D] by their shares [P t] -> [B t D]."""
    return torch.einsum("pbd,pt->btd", torch.stack(pooled), shares.to(pooled[0]))


def pooled_by_group(pooled: torch.Tensor, groups: int) -> torch.Tensor:
    """Repeat pooled text [B D] or [B t D] for groups of patches, of which a frame has one or more: [B 1|G D]."""
    if pooled.ndim == 2:
        return pooled[:, None]
    return pooled.repeat_interleave(groups // pooled.shape[1], dim=1)

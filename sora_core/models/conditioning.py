"""TextConditioning: the text encoder's output for the DiT, zero where there is no token (as in Wan)."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class TextConditioning:
    """Encoded prompts.

    embeddings: [B L D], exactly zero after the last token.
    """

    embeddings: torch.Tensor

    def __post_init__(self) -> None:
        if self.embeddings.ndim != 3:
            raise ValueError(f"text embeddings must be [B L D], got shape {tuple(self.embeddings.shape)}")

    def __len__(self) -> int:
        return self.embeddings.shape[0]

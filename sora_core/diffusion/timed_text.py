"""TimedText: a prompt for each stretch of a clip, so that every latent frame sees the text of its own moment."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, eq=False)
class TimedText:
    """Encoded prompts and how much of each a latent frame sees.

    texts: [B L D] of each of P prompts; L may differ.
    shares: [P T] of T latent frames, 0 or more; those of a frame sum to 1.

    Raises ValueError if these do not fit each other.
    """

    texts: tuple[torch.Tensor, ...]
    shares: torch.Tensor

    def __post_init__(self) -> None:
        if not self.texts or any(text.ndim != 3 or len(text) != len(self.texts[0]) for text in self.texts):
            shapes = [tuple(text.shape) for text in self.texts]
            raise ValueError(f"expected at least one text, all [B L D] of one B, got shapes {shapes}")
        check_shares(self.shares, len(self.texts))

    def __len__(self) -> int:
        return len(self.texts[0])

    @property
    def frames(self) -> int:
        """Number of latent frames."""
        return self.shares.shape[1]

    def chunk(self, parts: int) -> list[TimedText]:
        """Split the batch into equal parts, as torch.chunk does; no copy."""
        chunks = [text.chunk(parts) for text in self.texts]
        return [TimedText(tuple(text[index] for text in chunks), self.shares) for index in range(parts)]

    def with_negative(self, negative: torch.Tensor) -> TimedText:
        """Append a negative text [B L D] to the batch of every prompt, which must have its shape."""
        return TimedText(tuple(torch.cat([text, negative]) for text in self.texts), self.shares)

    def within(self, span: range) -> TimedText:
        """Return the text of some latent frames, without the prompts that none of them sees."""
        if not span or span.start < 0 or span.stop > self.frames:
            raise ValueError(f"got latent frames {span}, expected some within 0..{self.frames - 1}")
        shares = self.shares[:, span.start : span.stop]
        seen = [index for index in range(len(self.texts)) if bool((shares[index] > 0).any())]
        return TimedText(tuple(self.texts[index] for index in seen), shares[seen])


def check_shares(shares: torch.Tensor, texts: int) -> None:
    """Raise ValueError unless shares are [texts T], 0 or more, and sum to 1 in each frame."""
    if shares.ndim != 2 or len(shares) != texts or not shares.shape[1]:
        raise ValueError(f"expected shares [{texts} T] with T >= 1, got shape {tuple(shares.shape)}")
    if not bool((shares >= 0).all()) or not bool(((shares.sum(dim=0) - 1).abs() < 1e-5).all()):
        raise ValueError("expected shares of 0 or more that sum to 1 in every latent frame")

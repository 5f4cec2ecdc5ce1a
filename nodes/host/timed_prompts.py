"""Prompts of stretches in a CONDITIONING: one entry, which holds those of all stretches and what each frame sees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from ...sora_core.diffusion.timed_text import TimedText, check_shares

KEY = "sora_timed_prompts"  # of the dict of our CONDITIONING
Entry = tuple[torch.Tensor, dict[str, Any]]


@dataclass(frozen=True, eq=False)
class TimedPrompts:
    """Encoded prompts of stretches. entries: (embeddings [1 L D], more) of each. shares: [P T] of T latent frames."""

    entries: tuple[Entry, ...]
    shares: torch.Tensor

    def __post_init__(self) -> None:
        check_shares(self.shares, len(self.entries))

    @property
    def frames(self) -> int:
        """Number of latent frames."""
        return self.shares.shape[1]

    def conditioning(self) -> list[Any]:
        """A CONDITIONING of them. Nodes and MODELs that know no stretches take the first prompt."""
        embeddings, more = self.entries[0]
        return [[embeddings, {**more, KEY: self}]]

    def text(self, batch: int, like: torch.Tensor) -> TimedText:
        """The texts of a batch of clips, with the dtype and device of a tensor."""
        texts = [embeddings.to(like).expand(batch, -1, -1) for embeddings, _ in self.entries]
        return TimedText(tuple(texts), self.shares)

    def within(self, span: range) -> TimedPrompts:
        """Those of some latent frames."""
        return replace(self, shares=self.shares[:, span.start : span.stop])

    def main(self, sampled: torch.Tensor) -> Entry:
        """The prompt with the largest share of the latent frames that are sampled. sampled: [T], true for these."""
        counted = sampled if bool(sampled.any()) else torch.ones_like(sampled)
        return self.entries[int((self.shares * counted.to(self.shares)).sum(dim=1).argmax())]


def timed_prompts(conditioning: list[Any], frames: int) -> TimedPrompts | None:
    """The prompts of stretches in a CONDITIONING, None for one prompt.

    Raises ValueError for those of a canvas with another number of latent frames, or beside other entries.
    """
    found = [entry[1][KEY] for entry in conditioning if entry[1].get(KEY) is not None]
    if not found:
        return None
    if len(conditioning) > 1:
        raise ValueError("got prompts of stretches combined with others, expected those of Sora Timed Prompts alone")
    if found[0].frames != frames:
        raise ValueError(
            f"got prompts of stretches for {found[0].frames} latent frames, the canvas has {frames}: connect the same "
            "latent to Sora Timed Prompts and to the sampler"
        )
    return found[0]


def is_timed(conditioning: list[Any]) -> bool:
    """Whether a CONDITIONING holds prompts of more than one stretch."""
    found = [entry[1].get(KEY) for entry in conditioning]
    return any(prompts is not None and len(prompts.entries) > 1 for prompts in found)


def check_negative(conditioning: list[Any]) -> None:
    """Raise ValueError for prompts of stretches, of which only the first would be guided away from."""
    if is_timed(conditioning):
        raise ValueError("got prompts of stretches as negative, expected one prompt for the clip: use Sora Encode Text")

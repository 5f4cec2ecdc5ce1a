"""FactList: the facts that scenes can have, as the outputs of a linear layer that learns to read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

FIRST_LOGIT = -3.0  # few of all facts hold in a scene


class FactList:
    """Names of facts in their order."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._index = {fact: place for place, fact in enumerate(self.names)}

    @classmethod
    def of(cls, scenes: Iterable[Iterable[str]]) -> FactList:
        """Collect the facts of many scenes."""
        return cls(sorted({fact for facts in scenes for fact in facts}))

    def __len__(self) -> int:
        return len(self.names)

    def stated(self, scenes: Sequence[Iterable[str]]) -> torch.Tensor:
        """Return 1 for each fact of a scene, else 0: [B N]. What is not in the list is left out."""
        facts = torch.zeros(len(scenes), len(self))
        for row, stated in enumerate(scenes):
            facts[row, [self._index[fact] for fact in stated if fact in self._index]] = 1
        return facts


def accuracy(logits: torch.Tensor, facts: torch.Tensor) -> dict[str, float]:
    """Compare what is read with the facts [B N]: precision and recall."""
    read, true = logits > 0, facts > 0.5
    both = (read & true).sum()
    return {"precision": float(both / read.sum().clamp(min=1)), "recall": float(both / true.sum().clamp(min=1))}

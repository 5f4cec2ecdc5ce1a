"""The empty prompt of the CLIP that made a conditioning: what guidance leads away from where no negative is given."""

from __future__ import annotations

from dataclasses import dataclass

from .job import Conditioning
from .values import Clip

KEY = "sora_empty_prompt"  # of conditionings from Sora Encode Text
OFF = "Guidance is off: connect an empty prompt to negative."


@dataclass(frozen=True)
class EmptyPrompt:
    """Encodes it when it is asked for: a large text encoder takes seconds."""

    clip: Clip

    def encoded(self) -> Conditioning:
        """Its conditioning."""
        return self.clip.encode_from_tokens_scheduled(self.clip.tokenize(""))


def negative_for(positive: Conditioning, guidance: float) -> tuple[Conditioning, float, str]:
    """A negative where none is connected, and the guidance with it; and the notice where that is off."""
    if guidance == 1 or not positive:
        return positive, 1.0, ""
    empty: EmptyPrompt | None = positive[0][1].get(KEY)
    return (positive, 1.0, OFF) if empty is None else (empty.encoded(), guidance, "")

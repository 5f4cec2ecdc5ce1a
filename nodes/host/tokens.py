"""Our tokenizer with the methods that ComfyUI calls. Prompt weights like (word:1.2) are plain text to it."""

from __future__ import annotations

from typing import Any

import torch

from ...sora_core.models.trained_on import UNKNOWN, TrainedOn
from ...sora_core.models.wan.text_encoder import TextEncoder

Tokens = dict[str, list[list[tuple[int, float]]]]  # ComfyUI's form: {name: [[(id, weight), ...] per batch entry]}
NAME = "sora"


class SoraTokenizer:
    """Text to token ids, padded with 0. trained_on: what the model saw in training."""

    def __init__(self, encoder: TextEncoder, trained_on: TrainedOn = UNKNOWN) -> None:
        self._encoder = encoder
        self._trained_on = trained_on

    def tokenize_with_weights(self, text: str, return_word_ids: bool = False, **_: Any) -> Tokens:
        """Tokens of one prompt, all with weight 1."""
        ids = self._encoder.tokenize([text])[0]  # [L]
        return {NAME: [[(int(token), 1.0) for token in ids]]}

    def notices(self, text: str) -> list[str]:
        """The notices for a prompt that is too long or has words that the model never learnt."""
        count, limit = self._encoder.count_tokens(text), self._encoder.max_prompt_tokens
        too_long = [f"{count} tokens; the model reads the first {limit}."] if count > limit else []
        return [*too_long, *self._trained_on.prompt_notices(text)]

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Empty: the checkpoint holds the tokenizer in its metadata."""
        return {}


def token_ids(tokens: Tokens) -> torch.Tensor:
    """Token ids [B L] from ComfyUI's form."""
    return torch.tensor([[token for token, _ in entry] for entry in tokens[NAME]], dtype=torch.long)

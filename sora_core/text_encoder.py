"""Prompts to conditioning: a umT5-class encoder (through transformers) with its tokenizer in the same checkpoint.

umT5 is what the Wan family listens to (https://arxiv.org/abs/2304.09151); the bundled model has a small one of the same
class, trained together with its DiT.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn
from transformers import UMT5Config, UMT5EncoderModel

from .conditioning import TextConditioning

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"  # ids 0, 1, 2 as in every T5
TIED_KEY = "transformer.encoder.embed_tokens.weight"  # the same tensor as SHARED_KEY, kept out of files
SHARED_KEY = "transformer.shared.weight"


@dataclass(frozen=True)
class TextEncoderConfig:
    """Sizes of a umT5 encoder; the defaults are those of the bundled model."""

    vocab_size: int = 640
    dim: int = 128
    ffn_dim: int = 256
    num_heads: int = 4
    num_layers: int = 3
    max_tokens: int = 64  # prompts are cut and padded to this many tokens, the end token included


class TextEncoder(nn.Module):
    """Tokenizer and encoder in one."""

    def __init__(self, config: TextEncoderConfig, tokenizer: Tokenizer) -> None:
        super().__init__()
        if tokenizer.get_vocab_size() > config.vocab_size:
            raise ValueError(f"tokenizer has {tokenizer.get_vocab_size()} tokens, the encoder {config.vocab_size}")
        self.config = config
        self.tokenizer = tokenizer
        self.transformer = UMT5EncoderModel(
            UMT5Config(
                vocab_size=config.vocab_size,
                d_model=config.dim,
                d_kv=config.dim // config.num_heads,
                d_ff=config.ffn_dim,
                num_heads=config.num_heads,
                num_layers=config.num_layers,
                feed_forward_proj="gated-gelu",
                dropout_rate=0.0,
            )
        )
        self.register_state_dict_post_hook(_drop_tied)
        self.register_load_state_dict_pre_hook(_restore_tied)

    @classmethod
    def from_json(
        cls, config: str, tokenizer: str, *, device: torch.device | str = "cpu", dtype: torch.dtype | None = None
    ) -> TextEncoder:
        """An encoder with fresh weights, from the JSON texts that a checkpoint carries."""
        encoder = cls(TextEncoderConfig(**json.loads(config)), Tokenizer.from_str(tokenizer))
        return encoder.to(device=device, dtype=dtype)

    @property
    def max_prompt_tokens(self) -> int:
        """Tokens of a prompt that are heard: one less than the config's max_tokens, which has the end token too."""
        return self.config.max_tokens - 1

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` has, without the end token and without a cut."""
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def tokenize(self, texts: Sequence[str]) -> torch.Tensor:
        """Token ids [B L], 0 where there is no token. Text beyond max_prompt_tokens is cut, the end token kept."""
        ids = torch.zeros(len(texts), self.config.max_tokens, dtype=torch.long)
        end = self.tokenizer.token_to_id(END)
        for row, text in enumerate(texts):
            tokens = [*self.tokenizer.encode(text, add_special_tokens=False).ids[: self.max_prompt_tokens], end]
            ids[row, : len(tokens)] = torch.tensor(tokens)
        return ids

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Token ids [B L] -> embeddings [B L D], zero where there is no token."""
        present = ids != 0
        hidden = self.transformer(input_ids=ids, attention_mask=present.long()).last_hidden_state
        return hidden * present[..., None]

    def encode(self, texts: Sequence[str]) -> TextConditioning:
        """Encode prompts; "" is the unconditional prompt of classifier-free guidance."""
        ids = self.tokenize(texts).to(self.transformer.shared.weight.device)
        return TextConditioning(self(ids))


def train_tokenizer(captions: Iterable[str], vocab_size: int) -> Tokenizer:
    """A lower-casing byte-level BPE: common words become one token, and no text is unknown."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, END, UNKNOWN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(captions, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {END}", special_tokens=[(END, tokenizer.token_to_id(END))]
    )
    return tokenizer


def _drop_tied(module: nn.Module, state: dict[str, Any], prefix: str, _metadata: Any) -> None:
    state.pop(prefix + TIED_KEY, None)


def _restore_tied(module: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    if prefix + SHARED_KEY in state:
        state[prefix + TIED_KEY] = state[prefix + SHARED_KEY]

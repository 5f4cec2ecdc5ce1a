"""TextEncoder: tokenizer and umT5 encoder in one module, from prompts to conditioning.

The Wan family uses umT5 (https://arxiv.org/abs/2304.09151). The bundled model has a small encoder of the same class,
trained together with its DiT.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tokenizers
import torch
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn
from torch.nn import functional as F

from ...conditioning import TextConditioning
from .cleaning import clean_prompt
from .tokenizer import FastTokenizer, Tokenizer, from_json
from .umt5 import UMT5

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"  # ids 0, 1, 2 in the bundled model


MOST_LAYERS, MOST_TOKENS, LARGEST = 256, 8192, 2**20  # of a config: files may say anything


@dataclass(frozen=True)
class TextEncoderConfig:
    """Sizes of a umT5 encoder; the defaults are those of the bundled model."""

    vocab_size: int = 640
    dim: int = 128
    ffn_dim: int = 256
    num_heads: int = 4
    num_layers: int = 3
    max_tokens: int = 64  # prompts are truncated and padded to this many tokens, including the end token
    inner_dim: int = 0  # width of all heads together; 0: dim
    clean_prompts: bool = False  # clean prompts first, as Wan does (cleaning.py)

    def __post_init__(self) -> None:
        sizes = (self.vocab_size, self.dim, self.ffn_dim, self.num_heads, self.num_layers, self.max_tokens)
        if min(sizes) < 1 or self.inner_dim < 0 or (self.inner_dim or self.dim) % self.num_heads:
            raise ValueError(
                f"all sizes must be >= 1, and inner_dim (or dim) must be a multiple of num_heads, got {self}"
            )
        if self.num_layers > MOST_LAYERS or self.max_tokens > MOST_TOKENS or max(*sizes, self.inner_dim) > LARGEST:
            raise ValueError(
                f"expected at most {MOST_LAYERS} layers, {MOST_TOKENS} tokens and widths of {LARGEST:,}, got {self}"
            )


class TextEncoder(nn.Module):
    """Encodes prompts to embeddings.

    Weights on the meta device are not initialised. In training it computes in the dtype of its weights; in evaluation
    in float32, or float64 if the weights are float64.
    """

    def __init__(
        self,
        config: TextEncoderConfig,
        tokenizer: Tokenizer,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if tokenizer.vocab_size > config.vocab_size:
            raise ValueError(
                f"got a tokenizer of {tokenizer.vocab_size} tokens, expected at most the encoder's {config.vocab_size}"
            )
        got = tokenizer.token_id(PAD), tokenizer.token_id(END)
        if got[0] != 0 or got[1] is None:
            raise ValueError(f"expected a T5 tokenizer with {PAD} as token 0 and an end token {END}, got tokens {got}")
        self.config = config
        self.tokenizer = tokenizer
        self.transformer = UMT5(
            config.vocab_size,
            config.dim,
            config.inner_dim or config.dim,
            config.ffn_dim,
            config.num_heads,
            config.num_layers,
            device=device,
            dtype=dtype,
        )

    @classmethod
    def from_json(cls, config: str, tokenizer: str, *, device: torch.device | str = "cpu") -> TextEncoder:
        """Build an encoder with new weights from the JSON of config and tokenizer that a checkpoint carries."""
        return cls(TextEncoderConfig(**json.loads(config)), from_json(tokenizer), device=device)

    @property
    def max_prompt_tokens(self) -> int:
        """Number of prompt tokens that are used: max_tokens without the end token."""
        return self.config.max_tokens - 1

    def count_tokens(self, text: str) -> int:
        """Count the tokens of `text`, without the end token and without truncation."""
        return len(self._ids(text))

    def tokenize(self, texts: Sequence[str]) -> torch.Tensor:
        """Tokenize texts to ids [B L], 0 where there is no token; truncates to max_prompt_tokens plus the end token."""
        ids = torch.zeros(len(texts), self.config.max_tokens, dtype=torch.long)
        end = self.tokenizer.token_id(END)
        for row, text in enumerate(texts):
            tokens = [*self._ids(text)[: self.max_prompt_tokens], end]
            ids[row, : len(tokens)] = torch.tensor(tokens)
        return ids

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Encode token ids [B L] to embeddings [B L D], zero where there is no token."""
        present = ids != 0
        length = ids.shape[1] if self.training else last_column(present)  # padding costs time and changes nothing
        hidden = self.transformer(ids[:, :length], present[:, :length]) * present[:, :length, None]
        return F.pad(hidden, (0, 0, 0, ids.shape[1] - length))

    def encode(self, texts: Sequence[str]) -> TextConditioning:
        """Encode prompts. The empty prompt "" is the unconditional prompt of classifier-free guidance."""
        ids = self.tokenize(texts).to(self.transformer.shared.weight.device)
        return TextConditioning(self(ids))

    def _ids(self, text: str) -> list[int]:
        """Tokenize without special tokens; drops id 0, so that a prompt that spells out <pad> gets no gap."""
        cleaned = clean_prompt(text) if self.config.clean_prompts else text
        tokens = [token for token in self.tokenizer.encode(cleaned) if token != 0]
        if tokens and max(tokens) >= self.config.vocab_size:
            raise ValueError(
                f"got token {max(tokens)} of this text, but the encoder has {self.config.vocab_size} tokens"
            )
        return tokens


def last_column(present: torch.Tensor) -> int:
    """Count the columns of [B L] up to the last one with a token in any row, at least 1."""
    columns = present.any(dim=0).nonzero()
    return int(columns.max()) + 1 if len(columns) else 1


def train_tokenizer(captions: Iterable[str], vocab_size: int) -> FastTokenizer:
    """Train a lower-casing byte-level BPE tokenizer: common words become one token, and no text is unknown."""
    tokenizer = tokenizers.Tokenizer(models.BPE(unk_token=UNKNOWN))
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
    return FastTokenizer(tokenizer)

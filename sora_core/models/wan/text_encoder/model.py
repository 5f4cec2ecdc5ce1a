"""Tokenizer and encoder in one object: prompts to conditioning.

umT5 is what the Wan family listens to (https://arxiv.org/abs/2304.09151); the bundled model has a small one of the same
class, trained together with its DiT.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn
from torch.nn import functional as F

from ...conditioning import TextConditioning
from .cleaning import clean_prompt
from .umt5 import UMT5

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"  # ids 0, 1, 2 in the bundled model


@dataclass(frozen=True)
class TextEncoderConfig:
    """Sizes of a umT5 encoder; the defaults are those of the bundled model."""

    vocab_size: int = 640
    dim: int = 128
    ffn_dim: int = 256
    num_heads: int = 4
    num_layers: int = 3
    max_tokens: int = 64  # prompts are cut and padded to this many tokens, the end token included
    inner_dim: int = 0  # of the heads together; 0 is dim
    clean_prompts: bool = False  # before they are read, as Wan does (cleaning.py)

    def __post_init__(self) -> None:
        sizes = (self.vocab_size, self.dim, self.ffn_dim, self.num_heads, self.num_layers, self.max_tokens)
        if min(sizes) < 1 or self.inner_dim < 0 or (self.inner_dim or self.dim) % self.num_heads:
            raise ValueError(f"all sizes must be >= 1, and that of the heads a multiple of their number, got {self}")


class TextEncoder(nn.Module):
    """Prompts to embeddings.

    On the meta device it is taken to load weights afterwards, and not initialised. In training it computes in the dtype
    of its weights, otherwise in float32 at least, whatever they are stored in.
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
        if tokenizer.get_vocab_size() > config.vocab_size:
            raise ValueError(f"tokenizer has {tokenizer.get_vocab_size()} tokens, the encoder {config.vocab_size}")
        if tokenizer.token_to_id(PAD) != 0 or tokenizer.token_to_id(END) is None:
            got = tokenizer.token_to_id(PAD), tokenizer.token_to_id(END)
            raise ValueError(f"a tokenizer of T5 has {PAD} as token 0 and an end token {END}, got tokens {got}")
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
        """An encoder with fresh weights, from the JSON texts that a checkpoint carries."""
        return cls(TextEncoderConfig(**json.loads(config)), Tokenizer.from_str(tokenizer), device=device)

    @property
    def max_prompt_tokens(self) -> int:
        """Tokens of a prompt that are heard: one less than the config's max_tokens, which has the end token too."""
        return self.config.max_tokens - 1

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` has, without the end token and without a cut."""
        return len(self._ids(text))

    def tokenize(self, texts: Sequence[str]) -> torch.Tensor:
        """Token ids [B L], 0 where there is no token. Text beyond max_prompt_tokens is cut, the end token kept."""
        ids = torch.zeros(len(texts), self.config.max_tokens, dtype=torch.long)
        end = self.tokenizer.token_to_id(END)
        for row, text in enumerate(texts):
            tokens = [*self._ids(text)[: self.max_prompt_tokens], end]
            ids[row, : len(tokens)] = torch.tensor(tokens)
        return ids

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Token ids [B L] -> embeddings [B L D], zero where there is no token."""
        present = ids != 0
        length = ids.shape[1] if self.training else last_column(present)  # the rest costs time and changes nothing
        hidden = self.transformer(ids[:, :length], present[:, :length]) * present[:, :length, None]
        return F.pad(hidden, (0, 0, 0, ids.shape[1] - length))

    def encode(self, texts: Sequence[str]) -> TextConditioning:
        """Encode prompts; "" is the unconditional prompt of classifier-free guidance."""
        ids = self.tokenize(texts).to(self.transformer.shared.weight.device)
        return TextConditioning(self(ids))

    def _ids(self, text: str) -> list[int]:
        """Of the words alone: a prompt that spells out the padding token does not get a hole."""
        cleaned = clean_prompt(text) if self.config.clean_prompts else text
        return [token for token in self.tokenizer.encode(cleaned, add_special_tokens=False).ids if token != 0]


def last_column(present: torch.Tensor) -> int:
    """How many columns of [B L] there are up to the last with a token in it, at least 1."""
    columns = present.any(dim=0).nonzero()
    return int(columns.max()) + 1 if len(columns) else 1


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

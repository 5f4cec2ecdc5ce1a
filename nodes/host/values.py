"""Protocols of MODEL, CLIP and VAE: the methods that nodes call on them in every host."""

from __future__ import annotations

from typing import Any, Protocol

from .job import Conditioning


class Model(Protocol):
    """MODEL. Nodes only pass it on: each host has its own class, and only Host looks inside."""


class Clip(Protocol):
    """CLIP: the tokenizer and the text encoder."""

    @property
    def tokenizer(self) -> Any:
        """The tokenizer; ours has a notice for prompts that the model does not read as they are."""

    def tokenize(self, text: str) -> Any:
        """Tokens of one prompt, for encode_from_tokens_scheduled."""

    def encode_from_tokens_scheduled(self, tokens: Any) -> Conditioning:
        """[[embeddings [1 L D], {...}]]"""


class Vae(Protocol):
    """VAE: its channels. Host says which sizes it takes, encodes and decodes."""

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""

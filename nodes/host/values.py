"""What the sockets MODEL, CLIP and VAE carry, as small protocols: only what nodes call on them in every host."""

from __future__ import annotations

from typing import Any, Protocol

from .job import Conditioning


class Model(Protocol):
    """MODEL. Nodes only pass it on: each host has a class of its own, and all that needs one goes through Host."""


class Clip(Protocol):
    """CLIP: the tokenizer and the text encoder."""

    @property
    def tokenizer(self) -> Any:
        """Ours says what of a prompt it cannot read; others need not."""

    def tokenize(self, text: str) -> Any:
        """Tokens of one prompt, for encode_from_tokens_scheduled."""

    def encode_from_tokens_scheduled(self, tokens: Any) -> Conditioning:
        """[[embeddings [1 L D], {...}]]"""


class Vae(Protocol):
    """VAE, as far as the grid of latents needs it; encoding and decoding go through Host."""

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""

    def temporal_compression_decode(self) -> int | None:
        """Pixel frames per latent frame; None for a VAE of images."""

    def spacial_compression_decode(self) -> int:
        """Pixels per latent along height and width (the host's spelling)."""

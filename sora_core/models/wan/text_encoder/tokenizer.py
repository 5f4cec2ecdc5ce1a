"""Tokenizers: one for a tokenizer.json (`tokenizers`), one for a spiece.model (`sentencepiece`).

ComfyUI installs both libraries. SentencePiece models (https://arxiv.org/abs/1808.06226) use their own library, so that
ids equal those of the model's authors and of ComfyUI.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import tokenizers

SENTENCEPIECE = "sentencepiece_model"  # the only key of the JSON of a SentencePiece model


class Tokenizer(Protocol):
    """Interface of a TextEncoder's tokenizer."""

    @property
    def vocab_size(self) -> int:
        """Number of token ids."""

    def token_id(self, token: str) -> int | None:
        """Return the id of a special token such as "</s>", or None if the vocabulary lacks it."""

    def encode(self, text: str) -> list[int]:
        """Tokenize a text without special tokens; raises ValueError if it is not valid Unicode."""

    def to_json(self) -> str:
        """Return the tokenizer as text for `from_json`."""


class FastTokenizer:
    """A tokenizer of the `tokenizers` library. It never pads or truncates, whatever its file says."""

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        tokenizer.no_padding()  # the length in a file may exceed the memory
        tokenizer.no_truncation()
        self._tokenizer = tokenizer

    @classmethod
    def parse(cls, text: str) -> FastTokenizer:
        """Parse the text of a tokenizer.json; raises ValueError if it is none."""
        with _as_value_errors("not a tokenizer.json"):
            return cls(tokenizers.Tokenizer.from_str(text))

    @property
    def vocab_size(self) -> int:
        """See Tokenizer."""
        return self._tokenizer.get_vocab_size()

    def token_id(self, token: str) -> int | None:
        """See Tokenizer."""
        return self._tokenizer.token_to_id(token)

    def encode(self, text: str) -> list[int]:
        """See Tokenizer. A special token in the text becomes that token."""
        with _as_value_errors("not a text for this tokenizer"):
            return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def to_json(self) -> str:
        """See Tokenizer. The text is that of a tokenizer.json."""
        return self._tokenizer.to_str()


class SentencePieceTokenizer:
    """A SentencePiece model of the `sentencepiece` library, which is imported on first use.

    Raises ValueError if the bytes are no such model.
    """

    def __init__(self, model: bytes) -> None:
        from sentencepiece import SentencePieceProcessor

        if not model:  # the library would make an unusable processor of it
            raise ValueError("not a SentencePiece model: it is empty")
        with _as_value_errors("not a SentencePiece model"):
            self._processor: Any = SentencePieceProcessor(model_proto=model)

    @property
    def vocab_size(self) -> int:
        """See Tokenizer."""
        return int(self._processor.get_piece_size())

    def token_id(self, token: str) -> int | None:
        """See Tokenizer."""
        found = int(self._processor.piece_to_id(token))  # the unknown id if there is no such piece
        return found if self._processor.id_to_piece(found) == token else None

    def encode(self, text: str) -> list[int]:
        """See Tokenizer. A special token in the text is plain text."""
        with _as_value_errors("not a text for sentencepiece"):
            return list(self._processor.encode(text))

    def to_json(self) -> str:
        """See Tokenizer."""
        return json.dumps({SENTENCEPIECE: base64.b64encode(self._processor.serialized_model_proto()).decode()})


def from_json(text: str) -> Tokenizer:
    """Load a tokenizer from the text of `to_json` or of a tokenizer.json; raises ValueError if it is neither."""
    stored = json.loads(text)
    if isinstance(stored, dict) and isinstance(model := stored.get(SENTENCEPIECE), str):
        return SentencePieceTokenizer(base64.b64decode(model, validate=True))
    return FastTokenizer.parse(text)


@contextmanager
def _as_value_errors(what: str) -> Iterator[None]:
    """Convert errors of any class to ValueError; a panic in Rust is not even an Exception."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise ValueError(f"{what}: {str(error).strip()}") from error

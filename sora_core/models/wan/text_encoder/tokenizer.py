"""Text to token ids, by one of two libraries: `tokenizers` for a tokenizer.json, `sentencepiece` for a spiece.model.

ComfyUI brings both. A SentencePiece model (https://arxiv.org/abs/1808.06226) is read by its own library, so that its
ids are those of the model's authors and of ComfyUI.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import tokenizers

SENTENCEPIECE = "sentencepiece_model"  # the one key of the JSON text that holds such a model


class Tokenizer(Protocol):
    """What a TextEncoder asks of its tokenizer."""

    @property
    def vocab_size(self) -> int:
        """How many token ids there are."""

    def token_id(self, token: str) -> int | None:
        """The id of a special token such as "</s>"; None where the vocabulary lacks it."""

    def encode(self, text: str) -> list[int]:
        """Ids of the text alone: nothing before it, no end token after it. ValueError where it is no Unicode."""

    def to_json(self) -> str:
        """The whole tokenizer as the text that `from_json` reads."""


class FastTokenizer:
    """A tokenizer of the `tokenizers` library. It never pads or cuts, whatever was saved with it."""

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        tokenizer.no_padding()  # as long as a file says: more than there is memory for, perhaps
        tokenizer.no_truncation()
        self._tokenizer = tokenizer

    @classmethod
    def parse(cls, text: str) -> FastTokenizer:
        """From the text of a tokenizer.json; ValueError where it is none."""
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
        """See Tokenizer. A special token that is written out counts as that token."""
        with _as_value_errors("not a text for this tokenizer"):
            return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def to_json(self) -> str:
        """See Tokenizer; that of a tokenizer.json."""
        return self._tokenizer.to_str()


class SentencePieceTokenizer:
    """A SentencePiece model, by the `sentencepiece` library, which is imported with the first of them.

    ValueError where the bytes are no such model.
    """

    def __init__(self, model: bytes) -> None:
        from sentencepiece import SentencePieceProcessor

        if not model:  # of which the library makes a processor that is good for nothing
            raise ValueError("not a SentencePiece model: it is empty")
        with _as_value_errors("not a SentencePiece model"):
            self._processor: Any = SentencePieceProcessor(model_proto=model)

    @property
    def vocab_size(self) -> int:
        """See Tokenizer."""
        return int(self._processor.get_piece_size())

    def token_id(self, token: str) -> int | None:
        """See Tokenizer."""
        found = int(self._processor.piece_to_id(token))  # the id of what is unknown, where there is no such piece
        return found if self._processor.id_to_piece(found) == token else None

    def encode(self, text: str) -> list[int]:
        """See Tokenizer. A special token that is written out is plain text."""
        with _as_value_errors("not a text for sentencepiece"):
            return list(self._processor.encode(text))

    def to_json(self) -> str:
        """See Tokenizer."""
        return json.dumps({SENTENCEPIECE: base64.b64encode(self._processor.serialized_model_proto()).decode()})


def from_json(text: str) -> Tokenizer:
    """The tokenizer that `to_json` wrote, or that of a tokenizer.json; ValueError where the text is neither."""
    stored = json.loads(text)
    if isinstance(stored, dict) and isinstance(model := stored.get(SENTENCEPIECE), str):
        return SentencePieceTokenizer(base64.b64decode(model, validate=True))
    return FastTokenizer.parse(text)


@contextmanager
def _as_value_errors(what: str) -> Iterator[None]:
    """Both libraries raise errors of any class, and a panic of `tokenizers`, written in Rust, is no Exception even."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise ValueError(f"{what}: {str(error).strip()}") from error

"""Tokenizers: one for a tokenizer.json (`tokenizers`), one for a spiece.model (`sentencepiece`).

ComfyUI installs both libraries. SentencePiece models (https://arxiv.org/abs/1808.06226) use their own library, so that
ids equal those of the model's authors and of ComfyUI.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import tokenizers

from ....system.panics import quiet_panics
from ....tensors.foreign_files import parse_json

PROBE = "A probe: \u00fc\u00f1\u00ef, 1.5 \u6f22\u5b57 \U0001f600 e\u0301\t\n </s>"  # encoded when one is loaded
MOST_GROWTH = 1000  # factor by which the replacements of a tokenizer may lengthen a text
SENTENCEPIECE = "sentencepiece_model"  # the only key of the JSON of a SentencePiece model


class Tokenizer(Protocol):
    """Interface of a TextEncoder's tokenizer."""

    @property
    def vocab_size(self) -> int:
        """Number of token ids, which are all below it."""

    def token_id(self, token: str) -> int | None:
        """Return the id of a special token such as "</s>", or None if the vocabulary lacks it."""

    def encode(self, text: str) -> list[int]:
        """Tokenize a text without special tokens; raises ValueError if it is not valid Unicode."""

    def to_json(self) -> str:
        """Return the tokenizer as text for `from_json`."""


class FastTokenizer:
    """A tokenizer of the `tokenizers` library. It never pads or truncates, whatever its file says.

    Raises ValueError if it cannot encode a text.
    """

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        with _as_value_errors("not a usable tokenizer"):
            tokenizer.no_padding()  # the length in a file may exceed the memory
            tokenizer.no_truncation()
            self._tokenizer = tokenizer
            self._size = 1 + max(tokenizer.get_vocab().values(), default=-1)
        self.encode(PROBE)

    @classmethod
    def parse(cls, text: str) -> FastTokenizer:
        """Parse the text of a tokenizer.json; raises ValueError if it is none."""
        with _as_value_errors("not a tokenizer.json"):
            stored = parse_json(text)
            if not isinstance(stored, dict):
                raise ValueError(f"got a {type(stored).__name__}, expected an object")
            if (growth := _growth(stored.get("normalizer"))) > MOST_GROWTH:
                raise ValueError(f"its replacements make a text {growth:,} times as long")
            tokenizer = tokenizers.Tokenizer.from_str(text)
        return cls(tokenizer)

    @property
    def vocab_size(self) -> int:
        """See Tokenizer. Ids may have gaps: it is one more than the largest."""
        return self._size

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

    Raises ValueError if the bytes are no such model, or one that cannot encode a text.
    """

    def __init__(self, model: bytes) -> None:
        from sentencepiece import SentencePieceProcessor

        if not model:  # the library would make an unusable processor of it
            raise ValueError("not a SentencePiece model: it is empty")
        with _as_value_errors("not a SentencePiece model"):
            self._processor: Any = SentencePieceProcessor(model_proto=model)
        self.encode(PROBE)

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
    stored = parse_json(text)
    if isinstance(stored, dict) and isinstance(model := stored.get(SENTENCEPIECE), str):
        return SentencePieceTokenizer(base64.b64decode(model, validate=True))
    return FastTokenizer.parse(text)


def _growth(normalizer: Any) -> int:
    """Return the factor by which the parts of a normalizer, as in a tokenizer.json, may lengthen a text in all."""
    if not isinstance(normalizer, dict):
        return 1
    inside = normalizer.get("normalizers")
    added = normalizer.get("content") or normalizer.get("prepend")
    factors = [_growth(part) for part in inside] if isinstance(inside, list) else []
    return math.prod([max(1, len(added)) if isinstance(added, str) else 1, *factors])


@contextmanager
def _as_value_errors(what: str) -> Iterator[None]:
    """Convert errors of any class to ValueError; a panic in Rust is not even an Exception."""
    try:
        with quiet_panics():
            yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise ValueError(f"{what}: {str(error).strip()}") from error

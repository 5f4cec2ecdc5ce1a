"""A SentencePiece model (https://arxiv.org/abs/1808.06226) as a Tokenizer, without the sentencepiece library.

Its file is one protocol buffer, of which pieces, scores and a few settings are read here; the `tokenizers` library,
which also reads the tokenizer.json of published models, does the rest. Numbers of fields are those of
sentencepiece_model.proto in https://github.com/google/sentencepiece.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

SPACE = "\u2581"  # stands for a space inside pieces
UNIGRAM = 1  # the one kind of model that T5 has
VARINT, EIGHT_BYTES, DELIMITED, FOUR_BYTES = 0, 1, 2, 5  # how the value of a field is written
PIECES, TRAINER, NORMALIZER = 1, 2, 3  # fields of the model
TEXT, SCORE = 1, 2  # of a piece
MODEL_TYPE, BYTE_FALLBACK, UNKNOWN_ID = 3, 35, 40  # of the trainer
CHARACTER_MAP, ADD_PREFIX, REMOVE_EXTRA_SPACES = 2, 3, 4  # of the normalizer

Value = int | bytes


def read_sentencepiece(data: bytes) -> Tokenizer:
    """The tokenizer of the bytes of a file; ValueError where they are no such model of the kind that T5 has.

    Ids are those of the sentencepiece library, but that "</s>" and its like in a text count as what they name, as they
    do in transformers, and that of two equally good ways to cut a word the other may be taken.
    """
    try:
        pieces, trainer, normalizer = _parse(data)
    except (struct.error, UnicodeDecodeError, KeyError) as error:
        raise ValueError(f"not a SentencePiece model: {error}") from error
    if not pieces:
        raise ValueError("not a SentencePiece model: it has no pieces")
    if trainer.get(MODEL_TYPE, UNIGRAM) != UNIGRAM:
        raise ValueError(f"got a SentencePiece model of kind {trainer[MODEL_TYPE]!r}, expected {UNIGRAM} (unigram)")
    unknown, has_bytes = trainer.get(UNKNOWN_ID, 0), bool(trainer.get(BYTE_FALLBACK, 0))
    if not isinstance(unknown, int) or not 0 <= unknown < len(pieces):
        raise ValueError(f"the SentencePiece model says that its unknown piece is {unknown!r} of {len(pieces)}")
    try:
        tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=has_bytes))
        tokenizer.normalizer = normalizers.Sequence(list(_normalizers(normalizer)))
    except Exception as error:  # tokenizers raises the bare class
        raise ValueError(f"the SentencePiece model is broken: {error}") from error
    if not any(SPACE in text[1:] for text, _ in pieces):  # none is longer than a word: then as T5's own, word by word
        tokenizer.pre_tokenizer = pre_tokenizers.Split(SPACE, "merged_with_next")
    spaces = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(spaces)
    return tokenizer


def _normalizers(settings: dict[int, Value]) -> Iterator[normalizers.Normalizer]:
    """What happens to a text before it is cut into pieces."""
    if characters := _bytes(settings.get(CHARACTER_MAP, b"")):
        yield normalizers.Precompiled(characters)
    if settings.get(REMOVE_EXTRA_SPACES, 1):
        yield normalizers.Replace(Regex(" +"), " ")
        yield normalizers.Strip()
    if settings.get(ADD_PREFIX, 1):
        yield normalizers.Prepend(" ")
    yield normalizers.Replace(" ", SPACE)


def _parse(data: bytes) -> tuple[list[tuple[str, float]], dict[int, Value], dict[int, Value]]:
    """(text, score) of each piece by its id, and the fields of trainer and normalizer."""
    pieces: list[tuple[str, float]] = []
    settings: dict[int, dict[int, Value]] = {TRAINER: {}, NORMALIZER: {}}
    for number, value in _fields(data):
        if number == PIECES:
            piece = dict(_fields(_bytes(value)))
            (score,) = struct.unpack("<f", _bytes(piece.get(SCORE, bytes(4))))
            pieces.append((_bytes(piece[TEXT]).decode("utf-8"), score))
        elif number in settings:
            settings[number] |= dict(_fields(_bytes(value)))
    return pieces, settings[TRAINER], settings[NORMALIZER]


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise struct.error(f"expected bytes in a field, got {value}")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """(number, value) of each field of a message; struct.error where it ends too early or is none."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, place = _varint(data, place)
            yield number, value
            continue
        if kind == DELIMITED:
            size, place = _varint(data, place)
        elif kind in (EIGHT_BYTES, FOUR_BYTES):
            size = 8 if kind == EIGHT_BYTES else 4
        else:
            raise struct.error(f"a field of kind {kind}")
        if place + size > len(data):
            raise struct.error(f"it ends after {len(data)} bytes, inside a field")
        yield number, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A whole number of any length, and the place behind it."""
    value = shift = 0
    while place < len(data) and shift < 64:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
    raise struct.error("it ends inside a number")

"""Reads a SentencePiece model as a Tokenizer, without the sentencepiece library.

The file is one protocol buffer. This module reads its pieces, scores and a few settings, and the `tokenizers` library
does the rest. Paper: https://arxiv.org/abs/1808.06226. Field numbers are those of sentencepiece_model.proto in
https://github.com/google/sentencepiece.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

SPACE = "\u2581"  # the character for a space inside pieces
UNIGRAM = 1  # the model type of T5
VARINT, EIGHT_BYTES, DELIMITED, FOUR_BYTES = 0, 1, 2, 5  # wire types
PIECES, TRAINER, NORMALIZER = 1, 2, 3  # fields of the model
TEXT, SCORE = 1, 2  # of a piece
MODEL_TYPE, BYTE_FALLBACK, UNKNOWN_ID = 3, 35, 40  # of the trainer
CHARACTER_MAP, ADD_PREFIX, REMOVE_EXTRA_SPACES = 2, 3, 4  # of the normalizer

Value = int | bytes


def read_sentencepiece(data: bytes) -> Tokenizer:
    """Build the tokenizer from a file's bytes; raises ValueError unless they are a unigram SentencePiece model.

    Token ids equal those of the sentencepiece library with two exceptions: "</s>" and the like in a text become the
    special tokens, as in transformers, and of two segmentations with equal scores the other may be chosen.
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
        raise ValueError(f"got unknown piece {unknown!r} in a SentencePiece model of {len(pieces)} pieces")
    try:
        tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=has_bytes))
        tokenizer.normalizer = normalizers.Sequence(list(_normalizers(normalizer)))
    except Exception as error:  # tokenizers raises Exception itself
        raise ValueError(f"the SentencePiece model is broken: {error}") from error
    if not any(SPACE in text[1:] for text, _ in pieces):  # no piece spans words: split into words first, as T5 does
        tokenizer.pre_tokenizer = pre_tokenizers.Split(SPACE, "merged_with_next")
    spaces = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(spaces)
    return tokenizer


def _normalizers(settings: dict[int, Value]) -> Iterator[normalizers.Normalizer]:
    """Yield the normalizers that run on a text before segmentation."""
    if characters := _bytes(settings.get(CHARACTER_MAP, b"")):
        yield normalizers.Precompiled(characters)
    if settings.get(REMOVE_EXTRA_SPACES, 1):
        yield normalizers.Replace(Regex(" +"), " ")
        yield normalizers.Strip()
    if settings.get(ADD_PREFIX, 1):
        yield normalizers.Prepend(" ")
    yield normalizers.Replace(" ", SPACE)


def _parse(data: bytes) -> tuple[list[tuple[str, float]], dict[int, Value], dict[int, Value]]:
    """Parse the (text, score) of each piece, in the order of ids, and the fields of trainer and normalizer."""
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
    """Yield (number, value) of each field of a message; raises struct.error if it is truncated or malformed."""
    offset = 0
    while offset < len(data):
        key, offset = _varint(data, offset)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, offset = _varint(data, offset)
            yield number, value
            continue
        if kind == DELIMITED:
            size, offset = _varint(data, offset)
        elif kind in (EIGHT_BYTES, FOUR_BYTES):
            size = 8 if kind == EIGHT_BYTES else 4
        else:
            raise struct.error(f"a field of wire type {kind}")
        if offset + size > len(data):
            raise struct.error(f"it ends after {len(data)} bytes, inside a field")
        yield number, data[offset : offset + size]
        offset += size


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    """Read an integer of variable length; returns it and the offset after it."""
    value = shift = 0
    while offset < len(data) and shift < 64:
        byte = data[offset]
        value |= (byte & 127) << shift
        offset, shift = offset + 1, shift + 7
        if byte < 128:
            return value, offset
    raise struct.error("it ends inside a number")

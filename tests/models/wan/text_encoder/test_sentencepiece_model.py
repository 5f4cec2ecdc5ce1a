"""Our reading of SentencePiece models gives the ids of the sentencepiece library and of transformers' tokenizer."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tokenizers import Tokenizer

from small_umt5 import CORPUS, spiece, train_sentencepiece
from sora_core.models.wan.text_encoder.cleaning import clean_prompt
from sora_core.models.wan.text_encoder.sentencepiece_model import read_sentencepiece
from source_tree import ROOT

TEXTS = [
    "a red circle moves right",
    "",
    " ",
    "  A  cat, on\ta \n mat!  ",
    "\u00dcn\u00efc\u00f6d\u00e9 \ufb01ne \u00bd \uff21\uff42\uff43 \uff11\uff12 \uff5e \u2460 x\u00b2",
    "\u4e00\u53ea\u7ea2\u8272\u7684\u732b\u5728\u8dd1\u6b65\uff0c\u955c\u5934\u63a8\u8fdb\u3002",
    "\u8d64\u3044\u5186\u304c\u53f3\u306b\u52d5\u304f",
    "emoji \U0001f600\U0001f600 x \U0001f469\u200d\U0001f467",
    "re\u0301sume\u0301 r\u00e9sum\u00e9 \u0939\u093f\u0928\u094d\u0926\u0940",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \ud55c\uad6d",
    "\u200bzero\u200dwidth\ufeff x\u00a0y\u3000z",
    "\u2026\u201cquotes\u201d \u2013 dash 12.000 1,234",
    "<0x4 [brackets] {curly} a_b|c",
]
OPTIONS: dict[str, dict[str, Any]] = {
    "as umT5": {},
    "no bytes": {"byte_fallback": False},
    "no normalization": {"normalization_rule_name": "identity"},
    "spaces kept": {"remove_extra_whitespaces": False},
    "no space before": {"add_dummy_prefix": False},
    "pieces of several words": {"split_by_whitespace": False},
    "single digits": {"split_digits": True, "byte_fallback": False},
}


def words() -> list[str]:
    """Lines of our own documents, which are longer and odder than prompts."""
    paths = (ROOT / "README.md", ROOT / "docs" / "architecture.md")
    return [line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False).ids)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_ids_are_those_of_the_library(options: dict[str, Any]) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    lines = words()
    data = train_sentencepiece(CORPUS + lines, **({"vocab_size": 900} | options))
    theirs, ours = sentencepiece.SentencePieceProcessor(model_proto=data), read_sentencepiece(data)
    assert ours.get_vocab_size() == theirs.get_piece_size()
    rng = random.Random(0)
    vocabulary = " ".join(lines).split()
    texts = TEXTS + lines + [" ".join(rng.choices(vocabulary, k=rng.randint(1, 60))) for _ in range(200)]
    different = [text for text in texts if ids(ours, text) != theirs.encode(text)]
    assert len(different) <= len(texts) // 100
    for text in different:  # ties: as many pieces with the same scores in another order
        pieces = [sorted(map(theirs.id_to_piece, cut)) for cut in (ids(ours, text), theirs.encode(text))]
        assert pieces[0] == pieces[1], text


def test_a_change_of_the_scores_is_noticed() -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    other = train_sentencepiece(list(reversed(CORPUS))[2:])
    theirs = sentencepiece.SentencePieceProcessor(model_proto=spiece())
    assert [ids(read_sentencepiece(other), text) for text in CORPUS] != [theirs.encode(text) for text in CORPUS]


def test_ids_are_those_of_the_tokenizer_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    sentencepiece = pytest.importorskip("sentencepiece")
    data = train_sentencepiece(byte_fallback=False, normalization_rule_name="identity")  # its fast T5 knows neither
    processor = sentencepiece.SentencePieceProcessor(model_proto=data)
    pieces = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]
    theirs = transformers.T5Tokenizer(vocab=pieces, extra_ids=0)
    ours = read_sentencepiece(data)
    for text in map(clean_prompt, [*TEXTS, *CORPUS]):
        assert [*ids(ours, text), 1] == theirs(text).input_ids, text


def test_every_text_comes_back_from_its_ids() -> None:
    tokenizer = read_sentencepiece(spiece())
    for text in CORPUS:
        assert tokenizer.decode(ids(tokenizer, text)) == text


@pytest.mark.parametrize("kept", [1, 10, 1000, -1])
def test_a_truncated_model_says_so(kept: int) -> None:
    with pytest.raises(ValueError, match="SentencePiece model"):
        read_sentencepiece(spiece()[:kept])


@pytest.mark.parametrize("data", [b"", b"just some text", bytes(100), b"\xff" * 100, b"\x08\x01"])
def test_what_is_no_model_says_so(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a SentencePiece model"):
        read_sentencepiece(data)


def test_a_model_of_another_kind_says_which() -> None:
    with pytest.raises(ValueError, match=r"of kind 2, expected 1 \(unigram\)"):
        read_sentencepiece(train_sentencepiece(model_type="bpe"))

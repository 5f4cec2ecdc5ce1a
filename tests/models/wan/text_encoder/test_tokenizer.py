"""Both tokenizers give the ids of their library and of transformers, and what is broken is one ValueError."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import tokenizers
from tokenizers import models

from small_umt5 import CORPUS, plain_spiece, spiece, t5_tokenizer, train_sentencepiece
from sora_core.models.wan.text_encoder import train_tokenizer
from sora_core.models.wan.text_encoder.cleaning import clean_prompt
from sora_core.models.wan.text_encoder.tokenizer import FastTokenizer, SentencePieceTokenizer, Tokenizer, from_json
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
SPELT_OUT = "a </s> red <pad> circle <unk>"
OPTIONS: dict[str, dict[str, Any]] = {
    "as umT5": {},
    "no bytes": {"byte_fallback": False},
    "no normalization": {"normalization_rule_name": "identity"},
    "spaces kept": {"remove_extra_whitespaces": False},
    "no space before": {"add_dummy_prefix": False},
    "pieces of several words": {"split_by_whitespace": False},
    "single digits": {"split_digits": True, "byte_fallback": False},
    "with a beginning": {"bos_id": 3},
    "byte pairs": {"model_type": "bpe"},
}


def words() -> list[str]:
    """Lines of our own documents, which are longer and odder than prompts."""
    paths = (ROOT / "README.md", ROOT / "docs" / "architecture.md")
    return [line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def many_texts() -> list[str]:
    """TEXTS, lines, and random words of them in a row."""
    rng, lines = random.Random(0), words()
    vocabulary = " ".join(lines).split()
    return TEXTS + lines + [" ".join(rng.choices(vocabulary, k=rng.randint(1, 60))) for _ in range(200)]


@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_sentencepiece_model_gives_the_ids_of_its_library(options: dict[str, Any]) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    data = train_sentencepiece(CORPUS + words(), **({"vocab_size": 900} | options))
    theirs, ours = sentencepiece.SentencePieceProcessor(model_proto=data), SentencePieceTokenizer(data)
    assert ours.vocab_size == theirs.get_piece_size()
    assert [ours.token_id("<pad>"), ours.token_id("</s>")] == [0, 1]
    for text in [*many_texts(), SPELT_OUT]:
        assert ours.encode(text) == theirs.encode(text, out_type=int), text


@pytest.mark.slow
def test_a_sentencepiece_model_gives_the_ids_of_transformers() -> None:
    ours, theirs = SentencePieceTokenizer(plain_spiece()), t5_tokenizer(plain_spiece())
    for text in map(clean_prompt, [*many_texts(), *CORPUS]):
        assert [*ours.encode(text), 1] == theirs(text).input_ids, text


@pytest.mark.slow
def test_a_tokenizer_json_gives_the_ids_of_transformers() -> None:
    theirs = t5_tokenizer(spiece())
    ours = FastTokenizer.parse(theirs.backend_tokenizer.to_str())
    for text in [*many_texts(), SPELT_OUT]:
        assert [*ours.encode(text), 1] == theirs(text).input_ids, text


def test_a_change_of_the_scores_is_noticed() -> None:
    other = SentencePieceTokenizer(train_sentencepiece(list(reversed(CORPUS))[2:]))
    assert [*map(other.encode, CORPUS)] != [*map(SentencePieceTokenizer(spiece()).encode, CORPUS)]


def test_what_is_spelt_out_is_text_to_a_sentencepiece_model_and_a_token_to_a_tokenizer_json() -> None:
    assert not {0, 1} & {*SentencePieceTokenizer(spiece()).encode(SPELT_OUT)}
    assert {0, 1} <= {*train_tokenizer(CORPUS, 300).encode(SPELT_OUT)}


@pytest.mark.parametrize(
    "make", [lambda: SentencePieceTokenizer(spiece()), lambda: train_tokenizer(CORPUS, 300)], ids=["model", "json"]
)
def test_a_tokenizer_comes_back_from_its_json(make: Callable[[], Tokenizer]) -> None:
    before = make()
    after = from_json(before.to_json())
    assert type(after) is type(before)
    assert (after.vocab_size, after.token_id("</s>")) == (before.vocab_size, 1)
    assert [*map(after.encode, TEXTS)] == [*map(before.encode, TEXTS)]


def test_a_token_that_is_missing_has_no_id() -> None:
    without = SentencePieceTokenizer(train_sentencepiece(pad_id=-1, eos_id=-1, unk_id=0))
    assert [without.token_id(token) for token in ("<pad>", "</s>", "<unk>")] == [None, None, 0]
    assert train_tokenizer(CORPUS, 300).token_id("<nothing>") is None


@pytest.mark.parametrize("padding", [512, 10**10])  # the second would take more memory than there is
def test_padding_and_a_cut_that_were_saved_with_it_are_left_out(padding: int) -> None:
    tokenizer = tokenizers.Tokenizer.from_str(train_tokenizer(CORPUS, 300).to_json())
    tokenizer.enable_padding(length=padding)
    tokenizer.enable_truncation(2)
    assert from_json(tokenizer.to_str()).encode(CORPUS[0]) == train_tokenizer(CORPUS, 300).encode(CORPUS[0])


# what is broken


@pytest.mark.parametrize("kept", [0, 1, 10, 1000, -1])
def test_a_truncated_model_says_so(kept: int) -> None:
    with pytest.raises(ValueError, match="not a SentencePiece model"):
        SentencePieceTokenizer(spiece()[:kept])


@pytest.mark.parametrize("data", [b"just some text", bytes(100), b"\xff" * 100, b"\x08\x01"])
def test_what_is_no_model_says_so(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a SentencePiece model"):
        SentencePieceTokenizer(data)


@pytest.mark.slow
def test_no_broken_model_ends_the_process() -> None:
    """In a process of its own, for what is tested is that it lives on."""
    program = (
        "import random, sys\n"
        "from sora_core.models.wan.text_encoder.tokenizer import SentencePieceTokenizer\n"
        "data, rng, broken = sys.stdin.buffer.read(), random.Random(0), 0\n"
        "for number in range(300):\n"
        "    changed = bytearray(data)\n"
        "    for _ in range(1 + number % 3):\n"
        "        part = rng.choice([range(len(data)), range(200), range(len(data) - 300, len(data))])\n"
        "        changed[rng.choice(part)] = rng.randrange(256)\n"
        "    try:\n"
        "        SentencePieceTokenizer(bytes(changed)).encode('a red circle')\n"
        "    except ValueError as error:\n"
        "        broken += len(str(error).splitlines()) == 1\n"
        "print(broken)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, input=spiece(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) > 100


def with_normalizer(characters: str) -> str:
    """A tokenizer.json whose normalizer is one that T5 has, with other bytes in it."""
    content = json.loads(train_tokenizer(CORPUS, 300).to_json())
    return json.dumps(content | {"normalizer": {"type": "Precompiled", "precompiled_charsmap": characters}})


@pytest.mark.parametrize(
    "text", ["", "{}", "{", "[1]", "null", '{"sentencepiece_model": "?"}', with_normalizer("AAAA")]
)
def test_a_text_that_is_no_tokenizer_says_so(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"\S"):  # the last makes the library panic, which writes a backtrace
        from_json(text)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("make", [lambda: SentencePieceTokenizer(spiece()), lambda: train_tokenizer(CORPUS, 300)])
def test_a_text_that_is_no_unicode_says_so(make: Callable[[], Tokenizer]) -> None:
    with pytest.raises(ValueError, match=r"not a text for"):
        make().encode("half of a pair \ud800")


def test_an_interrupt_is_no_broken_tokenizer(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tokenizers, "Tokenizer", type("Stopping", (), {"from_str": staticmethod(stop)}))
    with pytest.raises(KeyboardInterrupt):
        FastTokenizer.parse("{}")


def test_a_tokenizer_without_words_has_none() -> None:
    empty = FastTokenizer(tokenizers.Tokenizer(models.BPE(vocab={}, merges=[])))
    assert (empty.vocab_size, empty.encode("a red circle")) == (0, [])

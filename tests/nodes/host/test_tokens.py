"""Our tokenizer in the form in which ComfyUI passes tokens on."""

from __future__ import annotations

import pytest

from headless.pack import import_from_pack
from tiny import tiny_text_encoder

tokens = import_from_pack("nodes.host.tokens")


@pytest.fixture(scope="module")
def encoder():
    return tiny_text_encoder()


def test_tokens_come_with_weight_one_and_go_back_as_they_were(encoder):
    made = tokens.SoraTokenizer(encoder).tokenize_with_weights("a red circle")
    (entry,) = made[tokens.NAME]
    assert {weight for _, weight in entry} == {1.0}
    assert tokens.token_ids(made).tolist() == encoder.tokenize(["a red circle"]).tolist()


def test_a_prompt_that_is_too_long_is_told_with_both_numbers(encoder):
    tokenizer = tokens.SoraTokenizer(encoder)
    assert tokenizer.notices("a red circle") == []
    text = "red " * 100
    count, limit = encoder.count_tokens(text), encoder.max_prompt_tokens
    assert count > limit
    assert tokenizer.notices(text) == [f"{count} tokens; the model reads the first {limit}."]


def test_the_tokenizer_adds_nothing_to_a_state_dict(encoder):
    assert tokens.SoraTokenizer(encoder).state_dict() == {}


def test_a_prompt_that_is_too_long_and_has_unknown_words_is_told_both(encoder):
    known = import_from_pack("sora_core.models.trained_on").TrainedOn(words=frozenset({"red"}))
    tokenizer = tokens.SoraTokenizer(encoder, known)
    assert tokenizer.notices("red") == []
    assert tokenizer.notices("blue") == ["Not learnt: blue."]
    too_long, unknown = tokenizer.notices("red " * 100 + "blue")
    assert too_long.endswith(f"tokens; the model reads the first {encoder.max_prompt_tokens}.")
    assert unknown == "Not learnt: blue."

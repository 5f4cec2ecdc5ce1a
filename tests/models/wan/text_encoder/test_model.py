"""The text encoder: no unknown text, padding that stays zero, and weights that travel with their tokenizer."""

import json
from dataclasses import asdict

import pytest
import torch
from tokenizers import Tokenizer, models

from sora_core.models.wan.text_encoder import TextEncoder, TextEncoderConfig, train_tokenizer
from sora_core.models.wan.text_encoder.tokenizer import FastTokenizer
from tiny import PROMPT, tiny_text_encoder


def test_positions_after_the_last_token_are_exactly_zero() -> None:
    encoder = tiny_text_encoder()
    ids = encoder.tokenize([PROMPT, "", "a blue square"])
    embeddings = encoder.encode([PROMPT, "", "a blue square"]).embeddings
    assert torch.equal((embeddings != 0).any(dim=-1), ids != 0)


def test_the_empty_prompt_is_the_end_token_alone() -> None:
    encoder = tiny_text_encoder()
    assert encoder.tokenize([""])[0].tolist() == [1] + [0] * (encoder.config.max_tokens - 1)


def test_a_prompt_encodes_the_same_alone_and_in_a_batch() -> None:
    encoder = tiny_text_encoder()
    alone = encoder.encode([PROMPT]).embeddings[0]
    together = encoder.encode(["a blue square", PROMPT]).embeddings[1]
    assert torch.allclose(alone, together, atol=1e-5)


def test_a_long_prompt_is_cut_and_keeps_its_end_token() -> None:
    encoder = tiny_text_encoder()
    words = "red " * 200
    ids = encoder.tokenize([words])[0]
    assert encoder.count_tokens(words) > encoder.max_prompt_tokens == encoder.config.max_tokens - 1
    assert (ids != 0).all()
    assert ids[-1] == 1


@pytest.mark.parametrize("text", ["Ein ROTER Kreis", "\u8d64\u3044\u5186", "\U0001f534 -> \u2192", "tab\tand\nline"])
def test_any_text_has_tokens_and_none_is_unknown(text: str) -> None:
    tokenizer = train_tokenizer([PROMPT], 320)
    ids = tokenizer.encode(text)
    assert ids
    assert 2 not in ids
    assert Tokenizer.from_str(tokenizer.to_json()).decode(ids).strip() == text.lower()


def test_case_does_not_matter() -> None:
    encoder = tiny_text_encoder()
    assert torch.equal(encoder.tokenize([PROMPT]), encoder.tokenize([PROMPT.upper()]))


def test_config_and_tokenizer_travel_as_json() -> None:
    encoder = tiny_text_encoder()
    again = TextEncoder.from_json(json.dumps(asdict(encoder.config)), encoder.tokenizer.to_json())
    again.eval().load_state_dict(encoder.state_dict())
    assert torch.equal(again.encode([PROMPT]).embeddings, encoder.encode([PROMPT]).embeddings)


def test_padding_that_is_left_out_of_the_reckoning_changes_nothing() -> None:
    encoder = tiny_text_encoder()
    ids = encoder.tokenize([PROMPT, "a blue square"])
    assert not ids[:, -1].any()
    torch.testing.assert_close(encoder(ids), encoder.train()(ids), rtol=0, atol=1e-5)


def test_ids_without_a_token_give_zeros() -> None:
    assert not tiny_text_encoder()(torch.zeros(2, 5, dtype=torch.long)).any()


def test_a_prompt_that_spells_the_padding_out_has_no_hole() -> None:
    ids = tiny_text_encoder().tokenize(["a red <pad> circle"])[0].tolist()
    assert ids.index(0) > ids.index(1)  # nothing but padding after the end, nothing of it before


def test_a_tokenizer_with_more_tokens_than_the_encoder_is_refused() -> None:
    with pytest.raises(ValueError, match="tokens, expected at most the encoder's 10"):
        TextEncoder(TextEncoderConfig(vocab_size=10), train_tokenizer(["some words and more words"] * 3, 300))


def test_a_tokenizer_of_another_model_is_refused() -> None:
    of_gpt = FastTokenizer(Tokenizer(models.BPE(vocab={"a": 0, "<|endoftext|>": 1}, merges=[])))
    with pytest.raises(ValueError, match=r"token 0 and an end token </s>, got tokens \(None, None\)"):
        TextEncoder(TextEncoderConfig(), of_gpt)


@pytest.mark.parametrize("sizes", [{"dim": 0}, {"num_heads": 3}, {"inner_dim": 10}, {"inner_dim": -4}])
def test_sizes_that_make_no_encoder_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="all sizes must be >= 1"):
        TextEncoderConfig(**sizes)

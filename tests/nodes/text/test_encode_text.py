"""Sora Encode Text: a prompt, none, one that is too long, and no CLIP at all."""

from __future__ import annotations

import pytest
import torch

from headless.pack import import_from_pack
from node_runs import run


def test_a_prompt_that_is_too_long_is_cut_and_the_user_is_told(nodes, said, loaded):
    conditioning = run(nodes["SoraEncodeText"], clip=loaded[1], text="red " * 200)[0]
    assert conditioning[0][0].shape == (1, 16, 16)
    assert "the model reads the first 15" in said[-1]


def test_an_empty_prompt_is_a_prompt(nodes, said, loaded):
    (empty,) = run(nodes["SoraEncodeText"], clip=loaded[1], text="")
    assert empty[0][0].isfinite().all()
    assert empty[0][0][0, 1:].abs().max() == 0
    assert said == []


def test_nothing_connected_to_clip_is_explained(nodes):
    with pytest.raises(ValueError, match="connect the clip output of Sora Load Model"):
        run(nodes["SoraEncodeText"], clip=None, text="x")


def test_a_prompt_becomes_what_the_text_encoder_of_the_core_makes_of_it(nodes, said, loaded, tiny_model_folder):
    (conditioning,) = run(nodes["SoraEncodeText"], clip=loaded[1], text="a red circle moves right")
    encoder = import_from_pack("sora_core.checkpoint").load_text_encoder(tiny_model_folder / "text_encoder.safetensors")
    with torch.no_grad():
        expected = encoder.encode(["a red circle moves right"]).embeddings
    ((embeddings, more),) = conditioning
    torch.testing.assert_close(embeddings[:, : expected.shape[1]], expected)
    assert embeddings[:, expected.shape[1] :].abs().sum() == 0
    assert more.pop("sora_empty_prompt").clip is loaded[1]
    assert more == {"pooled_output": None}
    assert said == []


def test_a_conditioning_of_a_clip_of_the_host_says_which_it_is(nodes):
    class Tokenizer: ...

    class Clip:
        tokenizer = Tokenizer()

        def tokenize(self, text):
            return text

        def encode_from_tokens_scheduled(self, tokens):
            return [[torch.zeros(1, 3, 4), {"pooled_output": None}]]

    (((_, more),),) = run(nodes["SoraEncodeText"], clip=Clip(), text="x")
    assert more["sora_clip"].endswith(".Tokenizer")
    assert more["pooled_output"] is None


def test_words_that_the_model_never_learnt_are_named(nodes, said, taught):
    run(nodes["SoraEncodeText"], clip=taught[1], text="A red dragon moves")
    assert said[0] == "Not learnt: dragon."
    assert said[1].startswith('It knows "a red circle moves')


def test_a_prompt_of_learnt_words_needs_no_word(nodes, said, taught):
    for text in ("a blue circle moves right", ""):
        run(nodes["SoraEncodeText"], clip=taught[1], text=text)
    assert said == []


def test_a_model_whose_files_say_nothing_of_its_words_is_not_spoken_of(nodes, said, loaded):
    run(nodes["SoraEncodeText"], clip=loaded[1], text="a dragon")
    assert said == []

"""The captioner: a text is written token by token as it was learnt, of latents of any size, and interrupted at once."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from sora_core.models.captioner import Captioner, CaptionerConfig
from sora_core.models.wan.text_encoder import train_tokenizer
from sora_core.train.config import TRAININGS

TEXTS = ["a red ball rolls to the right.", "a blue cube stands still on sand, by night.", "green."]
TINY = CaptionerConfig(4, 512, 24, 48, 2, 1, 2, max_tokens=24)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(TEXTS, 512)


@pytest.fixture
def captioner(tokenizer) -> Captioner:
    torch.manual_seed(0)
    return Captioner(TINY, tokenizer).eval()


def latents(batch: int = 3, frames: int = 2, height: int = 4, width: int = 4) -> torch.Tensor:
    return torch.randn(batch, 4, frames, height, width, generator=torch.Generator().manual_seed(1))


def test_captions_that_it_has_learnt_are_written_word_for_word(captioner):
    clips, ids = latents(), captioner.tokenize(TEXTS)
    optimizer = torch.optim.AdamW(captioner.parameters(), lr=1e-2)
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(captioner(clips, ids).flatten(0, 1), ids.flatten(), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert captioner.describe(clips) == TEXTS
    assert captioner.describe(clips[1:2]) == TEXTS[1:2]  # whatever else is in the batch


def test_a_token_is_read_from_those_before_it_alone(captioner):
    ids = captioner.tokenize(TEXTS)
    changed = ids.clone()
    changed[:, 3:] = 5
    logits, other = captioner(latents(), ids), captioner(latents(), changed)
    torch.testing.assert_close(logits[:, :4], other[:, :4])
    assert not torch.allclose(logits[:, 4:], other[:, 4:])


@pytest.mark.parametrize("stem", [0, 6])
@pytest.mark.parametrize(("frames", "height", "width"), [(1, 2, 2), (5, 3, 7), (13, 6, 4)])
def test_latents_of_any_size_are_read(tokenizer, frames, height, width, stem):
    (text,) = (
        Captioner(dataclasses.replace(TINY, stem=stem), tokenizer).eval().describe(latents(1, frames, height, width))
    )
    assert isinstance(text, str)


def test_where_and_when_something_is_makes_a_difference(captioner):
    clip = latents(1, 3)
    moved = [captioner.encode(changed).mean(dim=1) for changed in (clip, clip.flip(2), clip.flip(3), clip.flip(4))]
    for other in moved[1:]:
        assert not torch.allclose(moved[0], other)


def test_a_caption_has_no_more_tokens_than_the_config_says(tokenizer):
    torch.manual_seed(0)
    short = Captioner(dataclasses.replace(TINY, max_tokens=5), tokenizer).eval()
    assert short.tokenize(TEXTS).shape == (3, 5)
    short.end = 511  # which is never the most likely one
    calls = []
    short.describe(latents(1), poll=lambda: calls.append(1))
    assert len(calls) <= 5


def test_it_is_interrupted_before_the_next_token(captioner):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        captioner.describe(latents(1), poll=interrupt)


def test_latents_of_another_vae_are_refused(captioner):
    with pytest.raises(ValueError, match=r"got latents of shape \(1, 16, 2, 4, 4\), expected \[B 4 T H W\]"):
        captioner.describe(torch.zeros(1, 16, 2, 4, 4))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dim": 25}, "a multiple of num_heads"),
        ({"patch": 0}, "all sizes must be >= 1"),
        ({"stem": -1}, "stem must be >= 0"),
        ({"decoder_layers": 10**9}, "at most 64 layers"),
        ({"max_tokens": 10**9}, "1024 tokens"),
        ({"ffn_dim": 10**9}, "widths of 65,536"),
    ],
)
def test_a_config_out_of_range_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(TINY, **change)


def test_a_tokenizer_that_is_too_large_is_refused(tokenizer):
    with pytest.raises(ValueError, match="expected a tokenizer of at most 100 tokens"):
        Captioner(dataclasses.replace(TINY, vocab_size=100), tokenizer)


@pytest.mark.parametrize("name", list(TRAININGS))
def test_the_sizes_of_every_preset_take_at_most_6_megabytes(tokenizer, name):
    captioner = Captioner(TRAININGS[name].captioner.model, tokenizer, device="meta")
    assert 2 * sum(weight.numel() for weight in captioner.parameters()) < 6e6

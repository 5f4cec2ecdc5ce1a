"""Layers of the captioner: token by token is the same as all at once, and scores are bounded."""

from __future__ import annotations

import math

import torch

from sora_core.models.captioner.layers import Attention, DecoderLayer, Stem


def test_token_by_token_is_what_all_at_once_is():
    torch.manual_seed(0)
    layer, words, seen = DecoderLayer(24, 2, 48), torch.randn(2, 5, 24), torch.randn(2, 7, 24)
    clip = layer.clip_attention.read(seen)
    whole, _ = layer(words, clip, bias=torch.full((5, 5), -math.inf).triu(1))
    before, parts = None, []
    for place in range(5):
        part, before = layer(words[:, place : place + 1], clip, before=before)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)


def test_the_scale_of_queries_and_keys_does_not_matter():
    torch.manual_seed(0)
    attention, x = Attention(24, 2), torch.randn(1, 6, 24)
    expected = attention(x, attention.read(x))
    with torch.no_grad():
        for linear in (attention.q, attention.k):
            linear.weight *= 1000
            linear.bias *= 1000
    torch.testing.assert_close(attention(x, attention.read(x)), expected, rtol=1e-3, atol=1e-4)


def test_a_new_stem_adds_nothing_and_a_trained_one_sees_across_patches():
    torch.manual_seed(0)
    stem, latents = Stem(4, 6, 2, 24), torch.randn(1, 4, 3, 4, 6)
    assert stem(latents).shape == (1, 3, 2, 3, 24)
    assert not stem(latents).any()
    torch.nn.init.normal_(stem.out.weight)
    changed = latents.clone()
    changed[..., 2, 0] += 1  # a latent of the patch below
    above = (stem(changed) - stem(latents))[0, :, 0, 0]
    assert above.abs().amax() > 1e-3

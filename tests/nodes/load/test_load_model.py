"""Sora Load Model: the models that there are, by name, as three parts."""

from __future__ import annotations

import pytest

from node_runs import run


def test_an_unknown_model_is_named_with_those_that_there_are(nodes):
    with pytest.raises(ValueError, match=r"no model 'huge', expected one of nano \(bundled\), tiny"):
        run(nodes["SoraLoadModel"], model="huge")


def test_the_bundled_model_is_offered_first_and_then_those_of_the_folders(nodes):
    (model,) = nodes["SoraLoadModel"].GET_SCHEMA().inputs
    assert model.options["options"] == ["nano (bundled)", "tiny"]


def test_a_model_comes_as_three_parts_that_belong_together(nodes):
    model, clip, vae = run(nodes["SoraLoadModel"], model="nano (bundled)")
    assert model.dit.config.out_channels == vae.latent_channels == 16
    assert (vae.temporal_compression_decode(), vae.spacial_compression_decode()) == (4, 8)
    ((embeddings, _),) = clip.encode_from_tokens_scheduled(clip.tokenize("a red circle"))
    assert embeddings.shape[2] == model.dit.config.text_dim

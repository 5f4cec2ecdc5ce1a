"""Sora Load Model: the models that there are, by name, as three parts."""

from __future__ import annotations

import pytest

from node_runs import run


def test_an_unknown_model_is_named_with_those_that_there_are(nodes):
    with pytest.raises(ValueError, match=r"no model 'huge', expected one of nano \(demo model\), tiny"):
        run(nodes["SoraLoadModel"], model="huge")


def test_the_bundled_model_is_offered_first_and_then_those_of_the_folders(nodes):
    (model,) = nodes["SoraLoadModel"].GET_SCHEMA().inputs
    assert model.options["options"] == ["nano (demo model)", "tiny"]


def test_a_model_comes_as_three_parts_that_belong_together(nodes):
    model, clip, vae = run(nodes["SoraLoadModel"], model="nano (demo model)")
    assert model.dit.config.out_channels == vae.latent_channels == 16
    assert (vae.compression.time, vae.compression.width) == (4, 8)
    ((embeddings, _),) = clip.encode_from_tokens_scheduled(clip.tokenize("a red circle"))
    assert embeddings.shape[2] == model.dit.config.text_dim


@pytest.mark.parametrize("name", ["nano (bundled)", "nano"])
def test_saved_workflows_with_a_former_name_of_the_bundled_model_still_load(nodes, name):
    node = nodes["SoraLoadModel"]
    assert node.validate_inputs(model=name) is True
    model, _, vae = run(node, model=name)
    assert model.dit.config.out_channels == vae.latent_channels


def test_a_name_that_no_model_has_or_had_is_refused_before_the_run(nodes):
    assert nodes["SoraLoadModel"].validate_inputs(model="tiny") is True
    said = nodes["SoraLoadModel"].validate_inputs(model="huge")
    assert said == "got the model 'huge', expected one of 'nano (demo model)', 'tiny'"

"""Names of the published layouts, ours and back, and what is told apart in a file."""

from __future__ import annotations

import pytest
import torch

from sora_core.models.wan.dit import DiTConfig, VideoDiT
from sora_core.models.wan.dit.state_dict import find_adapter, from_diffusers, to_diffusers
from wan_reference import our_name, reference_for

EVERYTHING = DiTConfig(36, 16, 128, 160, 1, 2, 24, 32, image_dim=40, image_positions=514)


@pytest.mark.slow
def test_every_name_of_diffusers_becomes_ours_and_back() -> None:
    with torch.device("meta"):
        theirs = list(reference_for(EVERYTHING).state_dict())
    assert [from_diffusers(name) for name in theirs] == [our_name(name) for name in theirs]
    assert [to_diffusers(from_diffusers(name)) for name in theirs] == theirs
    assert {from_diffusers(name) for name in theirs} == set(VideoDiT(EVERYTHING, device="meta").state_dict())


@pytest.mark.parametrize("name", ["blocks.0.something.weight", "text_pool.weight", "blocks.", "a", ""])
def test_a_name_that_only_one_side_has_stays(name: str) -> None:
    assert from_diffusers(name) == to_diffusers(name) == name


def test_scales_and_extras_are_told_from_weights() -> None:
    names = [
        "head.modulation",
        "patch_embedding.weight",
        "blocks.0.ffn.0.weight",
        "blocks.0.ffn.0.scale_weight",
        "blocks.0.ffn.0.scale_input",
        "blocks.0.ffn.0.comfy_quant",
        "scaled_fp8",
    ]
    adapter = find_adapter(f"model.diffusion_model.{name}" for name in names)
    assert adapter is not None
    assert adapter.names == {name: f"model.diffusion_model.{name}" for name in names[:3]}
    assert adapter.scales == {"blocks.0.ffn.0.weight": "model.diffusion_model.blocks.0.ffn.0.scale_weight"}


def test_only_a_whole_models_prefix_leaves_other_models_out() -> None:
    names = ["head.modulation", "patch_embedding.weight"]
    whole = find_adapter([*(f"model.diffusion_model.{name}" for name in names), "vae.decoder.weight"])
    alone = find_adapter([*names, "vae.decoder.weight"])
    assert whole is not None
    assert alone is not None
    assert list(whole.names) == names
    assert list(alone.names) == [*names, "vae.decoder.weight"]


def test_another_model_has_no_adapter() -> None:
    assert find_adapter(["patch_embedding.weight", "double_blocks.0.img_attn.proj.weight"]) is None

"""Parts among loose files are told apart by tensors and chosen by widths; what is missing or double is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from small_umt5 import comfyui_file, tensors_of, umt5
from sora_core.checkpoint import CheckpointError
from sora_core.checkpoint.model_folders import find_model
from sora_core.checkpoint.single_files import find_loose_files
from sora_core.models.wan.dit import Experts
from sora_core.pipeline import Pipeline
from wan_folders import comfyui_folder, official, reference_vae, save, wan_pipeline

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def theirs() -> Any:
    return wan_pipeline(experts=True)


@pytest.fixture(scope="module")
def saved(theirs: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return comfyui_folder(theirs, tmp_path_factory.mktemp("models") / "models")


@pytest.fixture
def root(saved: Path, tmp_path: Path) -> Path:
    """ComfyUI's models folder with both experts."""
    return Path(shutil.copytree(saved, tmp_path / "models"))


def message_of(model: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        Pipeline.load(model)
    return str(caught.value)


def dit_of(root: Path, level: str) -> Path:
    return root / "diffusion_models" / f"wan2.2_t2v_{level}_noise_14B.safetensors"


def test_two_experts_are_known_by_their_names(root: Path) -> None:
    files = find_model(root)
    assert (files.dit, files.low_noise) == (dit_of(root, "high"), dit_of(root, "low"))
    assert isinstance(Pipeline.load(root).dit, Experts)


@pytest.mark.parametrize("level", ["high", "low"])
def test_a_file_of_one_expert_finds_the_other_and_the_rest(root: Path, level: str) -> None:
    assert find_model(dit_of(root, level)) == find_model(root)


def test_all_files_may_lie_in_one_folder(root: Path, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in root.rglob("*.safetensors"):
        shutil.move(file, flat)
    assert find_model(flat).text_encoder == flat / "umt5_xxl_fp16.safetensors"


def test_a_whole_model_may_be_one_file(theirs: Any, tmp_path: Path) -> None:
    parts = {f"model.diffusion_model.{n}": t for n, t in official(theirs.transformer.state_dict()).items()}
    parts |= {f"first_stage_model.{n}": t for n, t in theirs.vae.state_dict().items()}
    parts |= {f"text_encoders.umt5xxl.transformer.{n}": t for n, t in tensors_of(theirs.text_encoder).items()}
    comfyui_file(tmp_path / "wan_all.safetensors", parts)
    files = find_model(tmp_path / "wan_all.safetensors")
    assert files.dit == files.vae == files.text_encoder
    assert Pipeline.load(tmp_path).text_encoder.config.dim == 32


def test_parts_of_other_models_are_left_alone(root: Path) -> None:
    expected = find_model(root)
    save(root / "vae" / "wan2.2_vae.safetensors", reference_vae(48).state_dict())
    save(root / "vae" / "ae.safetensors", {"decoder.conv_in.weight": torch.zeros(2)})
    save(root / "diffusion_models" / "flux1-dev.safetensors", {"double_blocks.0.img_attn.qkv.weight": torch.zeros(2)})
    shared_positions = tensors_of(umt5(heads=2))
    for layer in (1, 2):
        del shared_positions[f"encoder.block.{layer}.layer.0.SelfAttention.relative_attention_bias.weight"]
    save(root / "text_encoders" / "t5xxl_fp16.safetensors", shared_positions)
    (root / "text_encoders" / "broken.safetensors").write_bytes(b"just some text")
    assert find_model(root) == expected


def test_a_missing_vae_is_named_with_the_dit_and_with_those_there_are(root: Path) -> None:
    (root / "vae" / "wan_2.1_vae.safetensors").unlink()
    message = message_of(root)
    assert "lacks a VAE for diffusion_models/wan2.2_t2v_high_noise_14B.safetensors, which has 16 latent" in message
    assert "found none" in message
    save(root / "vae" / "wan2.2_vae.safetensors", reference_vae(48).state_dict())
    assert "found vae/wan2.2_vae.safetensors (48 channels)" in message_of(root)


def test_a_missing_text_encoder_is_named_with_what_could_not_be_read(root: Path) -> None:
    path = root / "text_encoders" / "umt5_xxl_fp16.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    message = message_of(root)
    assert "lacks a text encoder for" in message
    assert "which takes text of width 32" in message
    assert f"not read: {path} is truncated" in message


def test_a_text_encoder_of_flux_is_said_to_be_one(root: Path) -> None:
    tensors = tensors_of(umt5())
    for layer in (1, 2):
        del tensors[f"encoder.block.{layer}.layer.0.SelfAttention.relative_attention_bias.weight"]
    save(root / "text_encoders" / "umt5_xxl_fp16.safetensors", tensors)
    assert "is a T5 or mT5 encoder, whose layers share one position bias (as in Flux" in message_of(root)


def test_what_is_double_is_named(root: Path) -> None:
    shutil.copy(root / "vae" / "wan_2.1_vae.safetensors", root / "vae" / "other.safetensors")
    assert "2 files that could be a VAE for" in message_of(root)
    shutil.copy(dit_of(root, "high"), root / "diffusion_models" / "third.safetensors")
    assert "has 3 diffusion transformers" in message_of(root)
    assert "2 files that could be a VAE" in message_of(root / "diffusion_models" / "third.safetensors")


def test_a_folder_of_an_image_model_says_what_is_in_it(tmp_path: Path) -> None:
    save_file({"double_blocks.0.img_attn.qkv.weight": torch.zeros(2)}, tmp_path / "flux1-dev.safetensors")
    save_file({"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(2)}, tmp_path / "sd15.safetensors")
    message = message_of(tmp_path)
    assert "holds no model: looked for dit.safetensors" in message
    assert "flux1-dev.safetensors (a Flux or Hunyuan model), sd15.safetensors (a Stable Diffusion model)" in message
    assert "is not a dit that can be loaded here: it looks like a Flux" in message_of(
        tmp_path / "flux1-dev.safetensors"
    )


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    message = message_of(tmp_path)
    assert "model_index.json with folders such as transformer/ (diffusers)" in message
    assert "found no weight files" in message
    assert find_loose_files(tmp_path, None) is None


def test_a_folder_with_a_broken_dit_alone_says_how_it_is_broken(tmp_path: Path) -> None:
    (tmp_path / "wan2.1_t2v_1.3B.safetensors").write_bytes(b"")
    assert "wan2.1_t2v_1.3B.safetensors is empty" in message_of(tmp_path)

"""Every product that a LoRA file may hold gives the weight by hand, and a file with one bad number changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from checkpoint_files import tiny_dit
from sora_core.checkpoint import CheckpointError
from sora_core.checkpoint.lora import apply_lora
from sora_core.models.wan.dit import DiTConfig, VideoDiT

LAYER = "diffusion_model.blocks.1.self_attn.q"
NAME = "blocks.1.self_attn.q.weight"
WIDTH, RANK = 128, 4


def small() -> VideoDiT:
    return tiny_dit(DiTConfig(4, 4, WIDTH, 80, 1, 2, 20, 16)).double()


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def change(path: Path, tensors: dict[str, torch.Tensor], strength: float = 1.0, **metadata: str) -> torch.Tensor:
    """What a file of these tensors of LAYER adds to its weight."""
    path = path / "style.safetensors"
    save_file({f"{LAYER}.{name}": tensor.contiguous() for name, tensor in tensors.items()}, path, metadata=metadata)
    dit = small()
    before = dit.state_dict()[NAME].clone()
    apply_lora(dit, path, strength=strength)
    return dit.state_dict()[NAME] - before


def refused(path: Path, tensors: dict[str, torch.Tensor]) -> str:
    path = path / "style.safetensors"
    save_file(tensors, path)
    dit = small()
    before = {name: tensor.clone() for name, tensor in dit.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        apply_lora(dit, path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in dit.state_dict().items())
    assert "\n" not in str(caught.value)
    return str(caught.value)


PAIR = {"lora_A.weight": random(RANK, WIDTH), "lora_B.weight": random(WIDTH, RANK)}
PRODUCT = PAIR["lora_B.weight"] @ PAIR["lora_A.weight"]


def test_a_loha_is_the_product_of_two_products(tmp_path: Path) -> None:
    a, b, c, d = random(WIDTH, RANK), random(RANK, WIDTH), random(WIDTH, RANK), random(RANK, WIDTH)
    tensors = {"hada_w1_a": a, "hada_w1_b": b, "hada_w2_a": c, "hada_w2_b": d, "alpha": torch.tensor(2.0)}
    torch.testing.assert_close(change(tmp_path, tensors), 2 / RANK * (a @ b) * (c @ d))


def test_a_lokr_is_a_kronecker_product_of_whole_factors_and_of_halves(tmp_path: Path) -> None:
    first, second, a, b = random(8, 16), random(16, 8), random(16, RANK), random(RANK, 8)
    alpha = torch.tensor(2.0)
    whole = change(tmp_path, {"lokr_w1": first, "lokr_w2": second, "alpha": alpha})
    torch.testing.assert_close(whole, torch.kron(first, second))  # without halves alpha has no meaning
    halves = change(tmp_path, {"lokr_w1": first, "lokr_w2_a": a, "lokr_w2_b": b, "alpha": alpha})
    torch.testing.assert_close(halves, 2 / RANK * torch.kron(first, a @ b))


@pytest.mark.parametrize("name", ["lora_magnitude_vector", "lora_magnitude_vector.default.weight"])
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_a_dora_of_peft_scales_the_rows_of_the_changed_weight(tmp_path: Path, name: str, strength: float) -> None:
    lengths, weight = random(WIDTH).abs(), small().state_dict()[NAME]
    added = change(tmp_path, PAIR | {name: lengths}, strength)
    changed = weight + PRODUCT
    expected = lengths[:, None] * changed / changed.norm(dim=1, keepdim=True)
    torch.testing.assert_close(added, strength * (expected - weight))


@pytest.mark.parametrize("shape", [(WIDTH, 1), (WIDTH,)])
def test_a_dora_scale_of_rows_is_divided_by_the_lengths_before_the_change_as_in_comfyui(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    scale, weight = random(*shape).abs(), small().state_dict()[NAME]
    expected = (weight + PRODUCT) * (scale / weight.norm(dim=1, keepdim=True))
    torch.testing.assert_close(change(tmp_path, PAIR | {"dora_scale": scale}), expected - weight)


def test_a_dora_of_columns_scales_these(tmp_path: Path) -> None:
    lengths, weight = random(1, WIDTH).abs(), small().state_dict()[NAME]
    changed = weight + PRODUCT
    expected = lengths * changed / changed.norm(dim=0, keepdim=True)
    torch.testing.assert_close(change(tmp_path, PAIR | {"dora_scale": lengths}), expected - weight)


@pytest.mark.parametrize(
    ("metadata", "scale"),
    [
        ({"transformer.lora_alpha": "16", "transformer.r": "4"}, 4),
        ({"lora_alpha": "16"}, 4),
        ({"transformer.lora_alpha": "16", "transformer.use_rslora": "True"}, 8),
        ({"lora_adapter_metadata": json.dumps({"transformer.lora_alpha": 16})}, 4),
        ({"lora_adapter_metadata": json.dumps({"transformer.lora_alpha": 16, "transformer.use_rslora": True})}, 8),
        ({"lora_adapter_metadata": json.dumps({"lora_alpha": 16, "alpha_pattern": {"self_attn.q": 2}})}, 0.5),
        ({"lora_adapter_metadata": json.dumps({"text_encoder.lora_alpha": 16})}, 1),
        (
            {"ss_network_alpha": "16"},
            1,
        ),  # kohya's files have a tensor for each layer; converted ones are scaled already
    ],
)
def test_alpha_may_stand_in_the_metadata(tmp_path: Path, metadata: dict[str, str], scale: float) -> None:
    torch.testing.assert_close(change(tmp_path, PAIR, **metadata), scale * PRODUCT)


def test_an_alpha_of_the_layer_goes_before_that_of_the_metadata(tmp_path: Path) -> None:
    tensors = PAIR | {"alpha": torch.tensor(2.0)}
    torch.testing.assert_close(change(tmp_path, tensors, lora_alpha="16"), 0.5 * PRODUCT)


def test_alpha_may_stand_in_the_config_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({"lora_alpha": 8, "use_rslora": True}))
    file = tmp_path / "adapter_model.safetensors"
    save_file({f"base_model.model.{NAME.removesuffix('.weight')}.{name}": t for name, t in PAIR.items()}, file)
    dit = small()
    before = dit.state_dict()[NAME].clone()
    apply_lora(dit, file)
    torch.testing.assert_close(dit.state_dict()[NAME] - before, 4 * PRODUCT)


@pytest.mark.parametrize(
    "prefix", ["module.", "net.", "_orig_mod.", "model.", "pipe.dit.", "base_model.model._orig_mod."]
)
def test_a_layer_may_have_the_prefix_of_any_trainer(tmp_path: Path, prefix: str) -> None:
    layer = prefix + NAME.removesuffix(".weight")
    file = tmp_path / "style.safetensors"
    save_file({f"{layer}.{name}": tensor for name, tensor in PAIR.items()}, file)
    dit = small()
    before = dit.state_dict()[NAME].clone()
    apply_lora(dit, file)
    torch.testing.assert_close(dit.state_dict()[NAME] - before, PRODUCT)


def test_the_image_keys_may_be_spelt_with_a_dot(tmp_path: Path) -> None:
    dit = tiny_dit(DiTConfig(8, 4, WIDTH, 80, 1, 2, 20, 16, image_dim=12)).double()
    name, file = "blocks.1.cross_attn.k_img.weight", tmp_path / "style.safetensors"
    before = dit.state_dict()[name].clone()
    save_file({f"diffusion_model.blocks.1.cross_attn.k.img.{key}": tensor for key, tensor in PAIR.items()}, file)
    apply_lora(dit, file)
    torch.testing.assert_close(dit.state_dict()[name] - before, PRODUCT)


GOOD = {f"diffusion_model.blocks.0.self_attn.q.{name}": tensor.clone() for name, tensor in PAIR.items()}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({**PAIR, "alpha": torch.ones(2)}, "expected one number"),
        ({**PAIR, "alpha": torch.ones(0)}, "expected one number"),
        ({**PAIR, "alpha": torch.tensor(float("nan"))}, "not finite"),
        ({**PAIR, "alpha": torch.tensor(float("inf"))}, "not finite"),
        ({**PAIR, "lora_A.weight": torch.full((RANK, WIDTH), float("nan"))}, "not finite"),
        ({**PAIR, "lora_B.weight": torch.full((WIDTH, RANK), float("-inf"))}, "not finite"),
        (
            {**PAIR, "lora_A.weight": torch.full((RANK, WIDTH), 1e30), "alpha": torch.tensor(1e10)},
            "makes a weight of up",
        ),
        ({**PAIR, "lora_A.weight": torch.full((RANK, WIDTH), 1e20)}, "makes a weight of up to"),
        ({**PAIR, "dora_scale": torch.full((WIDTH, 1), 1e30)}, "style.safetensors makes a weight of up to"),
        ({**PAIR, "dora_scale": torch.full((1, WIDTH), 1e30)}, "style.safetensors makes a weight of up to"),
        ({**PAIR, "dora_scale": torch.full((WIDTH,), 3e38)}, "style.safetensors makes a weight of up to"),
        ({**PAIR, "lora_magnitude_vector": torch.full((WIDTH,), 3e38)}, "style.safetensors makes a weight of up to"),
        ({**PAIR, "lora_A.weight": torch.ones(RANK, WIDTH, dtype=torch.int8)}, "whole numbers"),
        ({**PAIR, "diff": torch.full((WIDTH, WIDTH), float("nan"))}, "not finite"),
        ({**PAIR, "dora_scale": torch.ones(3)}, "do not fit"),
        ({**PAIR, "dora_scale": torch.tensor(1.0)}, "do not fit"),
        ({**PAIR, "lora_magnitude_vector": torch.ones(1, 3)}, "do not fit"),
        ({**PAIR, "dora_scale": torch.ones(WIDTH), "lora_magnitude_vector": torch.ones(WIDTH)}, "has only a part"),
        ({"lokr_w1": torch.ones(3, 3), "lokr_w2": torch.ones(3, 3)}, "do not fit"),
        ({"lokr_w1": torch.ones(8, 8)}, "has only a part"),
        ({**PAIR, "lokr_w1": torch.ones(8, 8), "lokr_w2": torch.ones(16, 16)}, "has only a part"),
    ],
)
def test_a_file_with_one_bad_layer_changes_nothing(tmp_path: Path, bad: dict[str, torch.Tensor], message: str) -> None:
    tensors = GOOD | {f"{LAYER}.{name}": tensor for name, tensor in bad.items()}
    assert message in refused(tmp_path, tensors)


def test_a_factor_may_be_large_where_the_changed_weight_is_not(tmp_path: Path) -> None:
    tensors = {"lora_A.weight": 1e15 * PAIR["lora_A.weight"], "lora_B.weight": 1e-15 * PAIR["lora_B.weight"]}
    torch.testing.assert_close(change(tmp_path, tensors), PRODUCT)


def test_a_weight_that_its_dtype_cannot_hold_is_refused(tmp_path: Path) -> None:
    file, dit = tmp_path / "style.safetensors", small().half()
    save_file({f"{LAYER}.{name}": 200 * tensor for name, tensor in PAIR.items()}, file)
    with pytest.raises(CheckpointError, match=r"expected less than 6\.55e"):
        apply_lora(dit, file)
    apply_lora(dit, file, strength=0.01)
    assert dit.state_dict()[NAME].isfinite().all()

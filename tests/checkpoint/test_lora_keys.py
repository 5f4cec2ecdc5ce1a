"""Keys of LoRA files beyond the pair of halves: differences of modulations, VideoX-Fun's names, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from checkpoint_files import tiny_dit
from sora_core.checkpoint import CheckpointError
from sora_core.checkpoint.lora import apply_lora
from sora_core.models.wan.dit import DiTConfig, Experts, VideoDiT

WIDTH = 128
SELF = f"a Wan DiT of width {WIDTH} with 2 blocks"
DOWN, UP = torch.randn(2, WIDTH), torch.randn(WIDTH, 2)
PAIR = "diffusion_model.blocks.1.self_attn.q.lora_{}.weight"  # the last block: so many has the model
HALVES = {PAIR.format("down"): DOWN, PAIR.format("up"): UP}


def random_dit() -> VideoDiT:
    model = tiny_dit(DiTConfig(4, 4, WIDTH, 80, 1, 2, 20, 16))
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.1)
    return model.double()


def lora(folder: Path, tensors: dict[str, torch.Tensor]) -> Path:
    path = folder / "style.safetensors"
    save_file(tensors, path)
    return path


def refused(path: Path) -> str:
    model = random_dit()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        apply_lora(model, path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert str(path) in str(caught.value)
    return str(caught.value).replace(str(path), "FILE")


@pytest.mark.parametrize(
    "keys",
    [
        ("diffusion_model.blocks.1.diff_m", "diffusion_model.head.diff_m"),
        ("lora_unet_blocks_1.diff_m", "lora_unet_head.diff_m"),
        ("lora_unet__blocks_1.diff_m", "lora_unet__head.diff_m"),
        ("blocks.1.diff_m", "head.diff_m"),
    ],
)
def test_a_step_distilled_lora_changes_modulations_beside_its_pairs(tmp_path: Path, keys: tuple[str, str]) -> None:
    model = random_dit()
    expected = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    block, head = torch.randn(1, 6, WIDTH), torch.randn(1, 2, WIDTH)
    apply_lora(model, lora(tmp_path, {**HALVES, keys[0]: block, keys[1]: head}), strength=0.5)
    expected["blocks.1.modulation"] += 0.5 * block
    expected["head.modulation"] += 0.5 * head
    expected["blocks.1.self_attn.q.weight"] += 0.5 * UP.double() @ DOWN.double()
    for name, tensor in model.state_dict().items():
        assert torch.allclose(tensor, expected[name], rtol=0, atol=1e-12), name


def test_a_modulation_of_a_layer_without_one_has_no_place(tmp_path: Path) -> None:
    key = "diffusion_model.blocks.1.ffn.0.diff_m"
    message = refused(lora(tmp_path, {**HALVES, key: torch.zeros(1, 6, WIDTH)}))
    assert f"1 tensors match no layer: {key}" in message


def test_a_modulation_of_another_size_is_named(tmp_path: Path) -> None:
    message = refused(lora(tmp_path, {**HALVES, "diffusion_model.blocks.1.diff_m": torch.zeros(6, WIDTH)}))
    assert "diff_m [6, 128] do not fit blocks.1.modulation [1, 6, 128]" in message


def test_names_of_videox_fun_are_those_of_kohya_with_one_more_underscore(tmp_path: Path) -> None:
    one, other = random_dit(), random_dit()
    other.load_state_dict(one.state_dict())
    for model, prefix in ((one, "lora_unet_"), (other, "lora_unet__")):
        name = f"{prefix}blocks_1_cross_attn_k"
        halves = {f"{name}.lora_down.weight": DOWN, f"{name}.lora_up.weight": UP, f"{name}.alpha": torch.tensor(1.5)}
        before = model.blocks[1].cross_attn.k.weight.clone()
        apply_lora(model, lora(tmp_path, halves))
        assert not torch.equal(model.blocks[1].cross_attn.k.weight, before)
    assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in one.state_dict().items())


def test_of_a_lora_for_such_a_model_the_tensors_without_a_place_are_named(tmp_path: Path) -> None:
    strange = {f"diffusion_model.dwpose_embedding.{n}.diff": torch.zeros(2) for n in range(4)}
    message = refused(lora(tmp_path, {**HALVES, **strange}))
    first = ", ".join(list(strange)[:3])
    assert message == f"FILE does not fit this model, {SELF}: 4 tensors match no layer: {first}"


def test_of_a_lora_for_such_a_model_the_tensor_that_does_not_fit_is_named(tmp_path: Path) -> None:
    message = refused(lora(tmp_path, {**HALVES, "diffusion_model.head.head.diff": torch.zeros(3, 3)}))
    assert f"does not fit this model, {SELF}: diffusion_model.head.head.diff [3, 3] do not fit head.head" in message


@pytest.mark.parametrize("ending", ["set_weight", "reshape_weight", "w_norm"])
def test_a_lora_with_more_than_is_read_here_is_still_called_a_lora(tmp_path: Path, ending: str) -> None:
    key = f"diffusion_model.blocks.1.self_attn.q.{ending}"
    message = refused(lora(tmp_path, {**HALVES, key: torch.zeros(2)}))
    assert message.startswith(f"FILE is an unsupported kind of LoRA: got {key}, expected names that end in")


def test_many_names_that_are_not_read_are_counted(tmp_path: Path) -> None:
    keys = [f"blocks.{n}.ffn.0.weight" for n in range(5)]
    message = refused(lora(tmp_path, {key: torch.zeros(2) for key in keys}))
    assert f"is no LoRA: got {', '.join(keys[:3])} and 2 more, expected" in message


def test_two_experts_are_told_to_take_a_lora_each(tmp_path: Path) -> None:
    experts = Experts(random_dit(), random_dit(), 0.875)
    before = {name: tensor.clone() for name, tensor in experts.state_dict().items()}
    path = lora(tmp_path, HALVES)
    with pytest.raises(ValueError, match=r"one LoRA to `\.high` and one to `\.low`"):
        apply_lora(experts, path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in experts.state_dict().items())
    apply_lora(experts.high, path)
    assert not torch.equal(experts.high.blocks[1].self_attn.q.weight, before["high.blocks.1.self_attn.q.weight"])

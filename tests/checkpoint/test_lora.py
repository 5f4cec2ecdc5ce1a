"""LoRA files in every common spelling change the weights as the formula says; one for another model changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from checkpoint_files import CONFIG, tiny_dit
from sora_core.checkpoint import CheckpointError, load_dit
from sora_core.checkpoint.lora import apply_lora
from sora_core.models.wan.dit import DiTConfig, VideoDiT
from sora_core.tensors import safetensors_file

WAN = DiTConfig(4, 4, 128, 80, 1, 2, 20, 16)
IMAGE = DiTConfig(8, 4, 128, 80, 1, 2, 20, 16, image_dim=12)
RANK, ALPHA = 3, 1.5
LAYERS = ("self_attn.q", "self_attn.o", "cross_attn.k", "ffn.0", "ffn.2")
Lora = dict[str, tuple[torch.Tensor, torch.Tensor]]  # layer -> down [R in], up [out R]
Spelling = Callable[[Lora], dict[str, torch.Tensor]]


def random_dit(config: DiTConfig = WAN, dtype: torch.dtype = torch.float32) -> VideoDiT:
    model = tiny_dit(config)
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.1)
    return model.to(dtype)


def lora_for(model: VideoDiT, layers: tuple[str, ...] = LAYERS) -> Lora:
    torch.manual_seed(3)
    lora = {}
    for name, weight in model.named_parameters():
        layer = name.removesuffix(".weight")
        if name.endswith(".weight") and layer.endswith(layers):
            lora[layer] = torch.randn(RANK, weight.shape[1]), torch.randn(weight.shape[0], RANK)
    return lora


def as_peft(lora: Lora, prefix: str = "diffusion_model.", alpha: float | None = ALPHA) -> dict[str, torch.Tensor]:
    tensors = {}
    for layer, (down, up) in lora.items():
        tensors[f"{prefix}{layer}.lora_A.weight"] = down
        tensors[f"{prefix}{layer}.lora_B.weight"] = up
        if alpha is not None:
            tensors[f"{prefix}{layer}.alpha"] = torch.tensor(alpha)
    return tensors


def as_kohya(lora: Lora) -> dict[str, torch.Tensor]:
    tensors = {}
    for layer, (down, up) in lora.items():
        name = "lora_unet_" + layer.replace(".", "_")
        tensors |= {
            f"{name}.lora_down.weight": down,
            f"{name}.lora_up.weight": up,
            f"{name}.alpha": torch.tensor(ALPHA),
        }
    return tensors


def as_diffusers(lora: Lora) -> dict[str, torch.Tensor]:
    names = {
        "self_attn.q": "attn1.to_q",
        "self_attn.o": "attn1.to_out.0",
        "cross_attn.k": "attn2.to_k",
        "ffn.0": "ffn.net.0.proj",
        "ffn.2": "ffn.net.2",
    }
    tensors = {}
    for layer, (down, up) in lora.items():
        block, number, rest = layer.split(".", 2)
        name = f"transformer.{block}.{number}.{names[rest]}"
        tensors |= {f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up, f"{name}.alpha": torch.tensor(ALPHA)}
    return tensors


def as_peft_with_an_adapter_name(lora: Lora) -> dict[str, torch.Tensor]:
    tensors = as_peft(lora, "base_model.model.")
    return {name.replace("_A.", "_A.default.").replace("_B.", "_B.default."): t for name, t in tensors.items()}


def as_distilled(lora: Lora) -> dict[str, torch.Tensor]:
    """lora_down and lora_up under Wan's names."""
    return {
        name.replace("lora_A", "lora_down").replace("lora_B", "lora_up"): tensor
        for name, tensor in as_peft(lora).items()
    }


def saved(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


def refused(dit: VideoDiT, path: Path) -> str:
    before = {name: tensor.clone() for name, tensor in dit.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        apply_lora(dit, path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in dit.state_dict().items())
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "style.safetensors"


@pytest.mark.parametrize("spelling", [as_peft, as_kohya, as_diffusers, as_peft_with_an_adapter_name, as_distilled])
@pytest.mark.parametrize("strength", [1.0, -0.4])
def test_every_spelling_adds_the_product_by_hand(path: Path, spelling: Spelling, strength: float) -> None:
    model = random_dit()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    lora = lora_for(model)
    assert len(lora) == 2 * len(LAYERS)
    apply_lora(model, saved(path, spelling(lora)), strength=strength)
    for name, weight in model.state_dict().items():
        expected = before[name].double()
        if name.removesuffix(".weight") in lora:
            down, up = lora[name.removesuffix(".weight")]
            expected = expected + strength * ALPHA / RANK * up.double() @ down.double()
        assert torch.allclose(weight.double(), expected, rtol=0, atol=2e-6), name
        assert torch.equal(weight, before[name]) == (name.removesuffix(".weight") not in lora)


def test_both_common_spellings_give_the_same_weights(tmp_path: Path) -> None:
    one, other = random_dit(), random_dit()
    apply_lora(one, saved(tmp_path / "one.safetensors", as_peft(lora_for(one))), strength=0.7)
    apply_lora(other, saved(tmp_path / "other.safetensors", as_kohya(lora_for(other))), strength=0.7)
    assert all(torch.equal(weight, other.state_dict()[name]) for name, weight in one.state_dict().items())


def test_without_an_alpha_the_product_counts_in_full(path: Path) -> None:
    model = random_dit(dtype=torch.float64)
    before = model.blocks[1].ffn[0].weight.clone()
    lora = lora_for(model)
    apply_lora(model, saved(path, as_peft(lora, alpha=None)))
    down, up = lora["blocks.1.ffn.0"]
    assert torch.allclose(model.blocks[1].ffn[0].weight, before + up.double() @ down.double(), rtol=0, atol=1e-12)


def test_the_opposite_strength_takes_it_out_again(path: Path) -> None:
    model = random_dit(dtype=torch.float64)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    saved(path, as_kohya(lora_for(model)))
    apply_lora(model, path, strength=0.8)
    apply_lora(model, path, strength=-0.8)
    assert all(torch.allclose(w, before[name], rtol=0, atol=1e-12) for name, w in model.state_dict().items())


def test_half_precision_weights_are_rounded_once(path: Path) -> None:
    model, exact = random_dit(dtype=torch.bfloat16), random_dit(dtype=torch.bfloat16).float()
    tensors = {name: tensor.half() for name, tensor in as_peft(lora_for(model)).items()}
    apply_lora(model, saved(path, tensors))
    apply_lora(exact, path)
    assert all(torch.equal(w, exact.state_dict()[name].bfloat16()) for name, w in model.state_dict().items())


def test_differences_of_whole_weights_and_biases_are_added(path: Path) -> None:
    model = random_dit(dtype=torch.float64)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    changes = {
        "diffusion_model.blocks.0.norm3.diff": ("blocks.0.norm3.weight", torch.randn(128)),
        "diffusion_model.blocks.0.norm3.diff_b": ("blocks.0.norm3.bias", torch.randn(128)),
        "diffusion_model.blocks.1.ffn.2.diff_b": ("blocks.1.ffn.2.bias", torch.randn(128)),
        "diffusion_model.patch_embedding.diff": ("patch_embedding.weight", torch.randn(128, 4, 1, 2, 2)),
        "diffusion_model.head.modulation.diff": ("head.modulation", torch.randn(1, 2, 128)),
    }
    apply_lora(model, saved(path, {key: tensor for key, (_, tensor) in changes.items()}), strength=2.0)
    for name, tensor in changes.values():
        assert torch.allclose(model.state_dict()[name], before[name] + 2 * tensor.double(), rtol=0, atol=1e-12), name


def test_a_convolution_takes_a_lora_too(path: Path) -> None:
    model = random_dit(dtype=torch.float64)
    before = model.patch_embedding.weight.clone()
    down, up = torch.randn(RANK, 4, 1, 2, 2), torch.randn(128, RANK, 1, 1, 1)
    apply_lora(model, saved(path, as_kohya({"patch_embedding": (down, up)})))
    product = (up.flatten(1).double() @ down.flatten(1).double()).view_as(before)
    assert torch.allclose(model.patch_embedding.weight, before + ALPHA / RANK * product, rtol=0, atol=1e-12)


def test_the_file_of_a_mapped_model_stays_as_it_is(file: Path, path: Path) -> None:
    before, model = file.read_bytes(), load_dit(file)
    lora = lora_for(model)
    apply_lora(model, saved(path, as_peft(lora)))
    assert file.read_bytes() == before
    assert not torch.equal(model.blocks[0].ffn[0].weight, load_dit(file).blocks[0].ffn[0].weight)


def test_image_layers_are_left_out_with_a_warning_where_the_model_takes_no_tokens(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image_lora = lora_for(random_dit(IMAGE), (*LAYERS, "cross_attn.k_img", "img_emb.proj.1"))
    for spelling in (as_peft, as_kohya):
        saved(path, spelling(image_lora))
        model, expected = random_dit(), random_dit()
        with caplog.at_level(logging.WARNING):
            apply_lora(model, path)
        assert "9 tensors for image tokens are skipped" in caplog.text
        text_only = {layer: pair for layer, pair in image_lora.items() if "img" not in layer}
        apply_lora(expected, saved(path, spelling(text_only)))
        assert all(torch.equal(w, expected.state_dict()[name]) for name, w in model.state_dict().items())


def test_a_lora_of_nothing_but_image_layers_is_refused_where_the_model_takes_no_tokens(path: Path) -> None:
    lora = lora_for(random_dit(IMAGE), ("cross_attn.k_img",))
    assert "all of its 6 tensors are for image tokens" in refused(random_dit(), saved(path, as_kohya(lora)))


def test_a_layer_in_two_spellings_is_refused(path: Path) -> None:
    lora = lora_for(random_dit())
    message = refused(random_dit(), saved(path, as_peft(lora) | as_kohya(lora_for(random_dit()))))
    assert "30 tensors match no layer: lora_unet_blocks_0_cross_attn_k.alpha" in message


def test_image_layers_are_changed_where_the_model_has_them(path: Path) -> None:
    model = random_dit(IMAGE)
    before = model.state_dict()["blocks.1.cross_attn.k_img.weight"].clone()
    apply_lora(model, saved(path, as_kohya(lora_for(model, ("cross_attn.k_img",)))))
    assert not torch.equal(model.state_dict()["blocks.1.cross_attn.k_img.weight"], before)


def test_a_lora_for_a_larger_model_names_both_sides(path: Path) -> None:
    large = random_dit(DiTConfig(4, 4, 256, 80, 2, 3, 20, 16))
    for spelling in (as_peft, as_kohya, as_diffusers):
        message = refused(random_dit(), saved(path, spelling(lora_for(large))))
        assert "is a LoRA for a Wan DiT of width 256 with 3 blocks" in message
        assert "this model is a Wan DiT of width 128 with 2 blocks" in message


def test_a_lora_of_the_same_depth_and_another_width_names_the_first_that_does_not_fit(path: Path) -> None:
    wide = random_dit(DiTConfig(4, 4, 256, 80, 2, 2, 20, 16))
    message = refused(random_dit(), saved(path, as_peft(lora_for(wide))))
    assert "is a LoRA for a Wan DiT of width 256 with 2 blocks, this model is a Wan DiT of width 128" in message
    assert "do not fit blocks.0.cross_attn.k.weight [128, 128]" in message


@pytest.mark.parametrize(
    ("layer", "whose"),
    [
        ("diffusion_model.double_blocks.0.img_attn.proj", "a Flux or Hunyuan model"),
        ("lora_unet_double_blocks_0_img_attn_proj", "a Flux or Hunyuan model"),
        ("transformer.single_transformer_blocks.0.attn.to_q", "a Flux model"),
        ("transformer.transformer_blocks.0.attn1.to_q", "another transformer in diffusers' format"),
        ("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q", "a Stable Diffusion model"),
        ("lora_te_text_model_encoder_layers_0_mlp_fc1", "a text encoder"),
        ("something.else", "another model"),
    ],
)
def test_a_lora_for_another_kind_of_model_names_both_sides(path: Path, layer: str, whose: str) -> None:
    tensors = {f"{layer}.lora_down.weight": torch.zeros(2, 128), f"{layer}.lora_up.weight": torch.zeros(128, 2)}
    message = refused(random_dit(CONFIG), saved(path, tensors))
    assert f"is a LoRA for {whose}, this model is a Wan DiT of width 48 with 2 blocks" in message
    assert f"2 tensors match no layer: {layer}.lora_down.weight" in message


def test_a_lora_with_one_wrong_shape_is_broken_and_not_for_another_model(path: Path) -> None:
    lora = lora_for(random_dit())
    name = next(iter(lora))
    lora[name] = (torch.zeros(2, 99), lora[name][1])
    message = refused(random_dit(), saved(path, as_peft(lora)))
    assert f"is broken in 1 of {len(lora)} weights, the others fit this model" in message
    assert message.endswith("download it again")
    assert "a LoRA for" not in message


def test_a_lora_that_fits_in_part_is_refused_whole(path: Path) -> None:
    lora = lora_for(random_dit()) | {"blocks.0.other": (torch.zeros(2, 2), torch.zeros(2, 2))}
    message = refused(random_dit(), saved(path, as_peft(lora)))
    assert "3 tensors match no layer: diffusion_model.blocks.0.other" in message


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("lora_A.weight", "has only a part of the LoRA for blocks.0.self_attn.q.weight"),
        ("lora_B.weight", "has only a part of the LoRA for blocks.0.self_attn.q.weight"),
        ("lora_B.weight lora_A.weight", "has only a part of the LoRA for blocks.0.self_attn.q.weight"),
    ],
)
def test_a_half_without_the_other_is_named(path: Path, lost: str, message: str) -> None:
    tensors = as_peft(lora_for(random_dit()))
    for part in lost.split():
        del tensors[f"diffusion_model.blocks.0.self_attn.q.{part}"]
    assert message in refused(random_dit(), saved(path, tensors))


@pytest.mark.parametrize(
    ("down", "up"),
    [((3, 128), (128, 4)), ((3,), (128, 3)), ((3, 128), (3,)), ((0, 128), (128, 0)), ((3, 128), (128, 3, 3))],
)
def test_halves_that_do_not_fit_together_are_named(path: Path, down: tuple[int, ...], up: tuple[int, ...]) -> None:
    lora = {"blocks.0.self_attn.q": (torch.zeros(down), torch.zeros(up))}
    assert "do not fit blocks.0.self_attn.q.weight [128, 128]" in refused(random_dit(), saved(path, as_peft(lora)))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("diffusion_model.blocks.0.ffn.0.dora_scale", "has only a part of the LoRA for blocks.0.ffn.0.weight"),
        ("lora_unet_blocks_0_ffn_0.hada_w1_a", "has only a part of the LoRA for blocks.0.ffn.0.weight"),
        ("lora_unet_blocks_0_ffn_0.lokr_t2", "an unsupported kind of LoRA (a LoKr with a Tucker decomposition)"),
        ("lora_unet_blocks_0_ffn_0.oft_blocks", "an unsupported kind of LoRA (an OFT)"),
        ("lora_unet_blocks_0_ffn_0.lora_mid.weight", "an unsupported kind of LoRA (a LoCon with a third factor)"),
        ("blocks.0.ffn.0.weight", "is no LoRA: got blocks.0.ffn.0.weight, expected names that end in .lora_A.weight"),
    ],
)
def test_what_is_no_plain_lora_says_so(path: Path, key: str, message: str) -> None:
    assert message in refused(random_dit(), saved(path, {key: torch.zeros(4)}))


def test_a_file_that_is_missing_or_broken_says_so(path: Path) -> None:
    assert "does not exist" in refused(random_dit(), path)
    path.write_bytes(b"")
    assert "is empty" in refused(random_dit(), path)


@pytest.mark.parametrize("strength", [float("nan"), float("inf")])
def test_a_strength_that_is_no_number_is_refused(path: Path, strength: float) -> None:
    with pytest.raises(ValueError, match="strength must be a finite number"):
        apply_lora(random_dit(), path, strength=strength)


def test_a_file_is_opened_seldom_however_many_tensors_it_has(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(safetensors_file, "safe_open", lambda file, **kw: opened.append(file) or safe_open(file, **kw))
    model = random_dit()
    apply_lora(model, saved(path, as_peft(lora_for(model))))
    assert opened == [path]  # to parse the header of 20,000 tensors for each of them took minutes

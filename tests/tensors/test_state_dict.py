"""Weights are mapped from their file, converted one by one, never twice in memory; eight bits are multiplied out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from checkpoint_files import CONFIG, rejected, tiny_dit
from sora_core import checkpoint
from sora_core.checkpoint import Kind, load_dit, save_checkpoint
from sora_core.models.wan.dit import DiTConfig, VideoDiT

FP8 = torch.float8_e4m3fn
WAN = DiTConfig(4, 4, 128, 80, 1, 2, 20, 16)
LAYERS = ("self_attn.q", "self_attn.o", "cross_attn.v", "ffn.0", "ffn.2")  # that files in fp8 have in eight bits


def quantised(model: VideoDiT, per_row: bool = False) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The model's tensors with the LAYERS of its blocks in eight bits, and the scale of each of these layers."""
    for weight in model.parameters():
        torch.nn.init.normal_(weight)
    tensors, scales = model.state_dict(), {}
    for name, tensor in tensors.items():
        layer = name.removesuffix(".weight")
        if name.endswith(".weight") and layer.endswith(LAYERS):
            largest = tensor.abs().amax(1, keepdim=True) if per_row else tensor.abs().max()
            scales[layer] = largest / 448
            tensors[name] = (tensor / scales[layer]).to(FP8)
    assert len(scales) == 2 * len(LAYERS)
    return tensors, scales


def as_older_files(tensors: dict[str, torch.Tensor], scales: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    extras = {f"{layer}.scale_input": torch.ones(1) for layer in scales} | {"scaled_fp8": torch.empty(2).to(FP8)}
    return tensors | {f"{layer}.scale_weight": scale for layer, scale in scales.items()} | extras


def as_newer_files(tensors: dict[str, torch.Tensor], scales: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    mark = torch.tensor(list(json.dumps({"format": "float8_e4m3fn"}).encode()), dtype=torch.uint8)
    extras = {f"{layer}.comfy_quant": mark.clone() for layer in scales}
    extras |= {f"{layer}.input_scale": torch.tensor(0.5) for layer in scales}
    return tensors | {f"{layer}.weight_scale": scale for layer, scale in scales.items()} | extras


def saved(path: Path, tensors: dict[str, torch.Tensor], prefix: str = "") -> Path:
    save_file({prefix + name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


# eight bits


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
@pytest.mark.parametrize("per_row", [False, True], ids=["one", "rows"])
@pytest.mark.parametrize("arrange", [as_older_files, as_newer_files])
def test_scaled_fp8_is_multiplied_out(tmp_path: Path, arrange, per_row: bool, prefix: str) -> None:
    model = tiny_dit(WAN)
    tensors, scales = quantised(model, per_row)
    path = saved(tmp_path / "fp8_scaled.safetensors", arrange(tensors, scales), prefix)
    loaded, half = load_dit(path), load_dit(path, dtype=torch.bfloat16)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    for name, weight in loaded.state_dict().items():
        scale = scales.get(name.removesuffix(".weight"), torch.tensor(1.0))
        assert torch.equal(weight, tensors[name].float() * scale), name
        assert torch.equal(half.state_dict()[name], weight.to(torch.bfloat16)), name
        error = (weight - model.state_dict()[name]).abs().max()
        assert error <= 0.04 * model.state_dict()[name].abs().max()  # three bits of mantissa


def test_fp8_without_scales_is_taken_as_it_is(tmp_path: Path) -> None:
    model = tiny_dit(WAN)
    tensors = {name: tensor.to(FP8) for name, tensor in model.state_dict().items()}
    loaded = load_dit(saved(tmp_path / "fp8.safetensors", tensors))
    assert all(torch.equal(weight, tensors[name].float()) for name, weight in loaded.state_dict().items())


def test_most_of_the_weights_decide_the_dtype_and_not_other_models_in_the_file(tmp_path: Path) -> None:
    tensors = {name: tensor.double() for name, tensor in tiny_dit(WAN).state_dict().items()}
    tensors["head.head.bias"] = tensors["head.head.bias"].to(FP8)
    whole = {f"model.diffusion_model.{name}": tensor for name, tensor in tensors.items()}
    whole["text_encoders.umt5xxl.transformer.shared.weight"] = torch.zeros(5000, 100, dtype=torch.float16)
    whole["vae.decoder.conv1.weight"] = torch.zeros(3)
    loaded = load_dit(saved(tmp_path / "all_in_one.safetensors", whole))
    assert loaded.dtype == torch.float64
    assert torch.equal(loaded.patch_embedding.weight, tensors["patch_embedding.weight"])


@pytest.mark.parametrize(
    ("weight", "scale"),
    [
        (torch.zeros(128, 128, dtype=torch.int8), torch.ones(1)),
        (torch.zeros(128, 64, dtype=torch.uint8), torch.ones(128, 8).to(FP8)),
        (torch.zeros(128, 128).to(FP8), torch.ones(128, 4, dtype=torch.uint8)),
        (torch.zeros(128, 128).to(FP8), torch.ones(128, 4)),
        (torch.zeros(128, 128).to(FP8), torch.ones(64)),
    ],
    ids=["int8", "nvfp4", "mxfp8", "blocks", "short"],
)
def test_another_quantisation_says_so(tmp_path: Path, weight: torch.Tensor, scale: torch.Tensor) -> None:
    tensors = tiny_dit(WAN).state_dict() | {"blocks.0.self_attn.q.weight": weight}
    tensors["blocks.0.self_attn.q.weight_scale"] = scale
    message = rejected(saved(tmp_path / "a.safetensors", tensors))
    assert "has an unsupported quantisation (see blocks.0.self_attn.q.weight" in message


def test_a_scale_of_nothing_is_unexpected(tmp_path: Path) -> None:
    tensors = tiny_dit(WAN).state_dict() | {"blocks.0.ffn.9.scale_weight": torch.ones(1)}
    assert "1 unexpected: blocks.0.ffn.9.scale_weight" in rejected(saved(tmp_path / "a.safetensors", tensors))


@pytest.mark.parametrize("dtype", [FP8, torch.int8])
def test_a_dtype_not_to_compute_in_is_refused(file: Path, dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match="dtype must be a floating-point type of at least 16 bits"):
        load_dit(file, dtype=dtype)


# memory and time


def run(program: str, *arguments: str) -> str:
    root = Path(checkpoint.__file__).parents[2]
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True).stdout


def mapped_ranges(path: Path) -> list[range]:
    lines = Path("/proc/self/maps").read_text().splitlines()
    ends = [line.split()[0].split("-") for line in lines if line.endswith(str(path))]
    return [range(int(first, 16), int(last, 16)) for first, last in ends]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's /proc")
def test_weights_that_are_right_as_they_are_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "dit.safetensors"
    model = tiny_dit().to(torch.bfloat16)
    save_checkpoint(path, model, kind=Kind.DIT, config=CONFIG)
    kept, converted = load_dit(path, dtype=torch.bfloat16), load_dit(path)
    ranges = mapped_ranges(path)
    assert all(any(weight.data_ptr() in part for part in ranges) for weight in kept.parameters())
    assert not any(any(weight.data_ptr() in part for part in ranges) for weight in converted.parameters())


MEASURE = """
import sys, torch
from pathlib import Path
from sora_core.checkpoint import load_dit

def status(key):
    return int(Path("/proc/self/status").read_text().split(key + ":")[1].split()[0]) * 1024

Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the imports
before = status("VmRSS")
dit = load_dit(sys.argv[1], dtype=getattr(torch, sys.argv[2]))
print(status("VmHWM") - before, sum(weight.nbytes for weight in dit.parameters()))
"""


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Wan DiT of 300 MB in bfloat16, of which the largest tensor has 8 MB."""
    path = tmp_path_factory.mktemp("large") / "wan.safetensors"
    model = VideoDiT(DiTConfig(16, 16, 1024, 4096, 8, 8, 64, 64), device="meta", dtype=torch.bfloat16)
    save_file({name: torch.zeros(w.shape, dtype=w.dtype) for name, w in model.state_dict().items()}, path)
    return path


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(("dtype", "most"), [("bfloat16", 0.1), ("float32", 1.1)])
def test_loading_takes_no_second_copy_of_the_weights(large_file: Path, dtype: str, most: float) -> None:
    growth, size = map(int, run(MEASURE, str(large_file), dtype).split())
    assert size > 100e6
    assert growth < most * size


@pytest.mark.slow
def test_loading_does_not_import_the_compiler_of_torch(file: Path) -> None:
    program = (
        "import sys\n"
        "from sora_core.checkpoint import load_dit\n"
        "before = set(sys.modules)\n"
        "load_dit(sys.argv[1])\n"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before}, 'torch._dynamo' in sys.modules)\n"
    )
    assert "sympy" not in run(program, str(file)).split()

"""Checkpoints: what is saved comes back, a broken file says what is wrong with it, a failed save changes nothing."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from checkpoint_files import CONFIG, rejected, tiny_dit
from sora_core import checkpoint
from sora_core.checkpoint import (
    Kind,
    load_dit,
    load_experts,
    load_text_encoder,
    load_vae,
    read_configs,
    read_metadata,
    save_checkpoint,
)
from sora_core.models.wan.dit import DiTConfig
from sora_core.models.wan.text_encoder import TextEncoder, TextEncoderConfig, train_tokenizer
from sora_core.models.wan.vae import VAEConfig, VideoVAE

VAE_CONFIG = VAEConfig(4, 4, 2, (1, 1), 1, (True,), latent_mean=(0.1, 0.2), latent_std=(1.0, 2.0))


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def assert_same_model(loaded: nn.Module, model: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    """Equal weights, and outputs equal but for rounding: some kernels add in an order that depends on where in memory
    the weights lie, and those of a mapped file lie where its header ends."""
    expected = model.state_dict()
    assert loaded.state_dict().keys() == expected.keys()
    assert all(torch.equal(weight, expected[name]) for name, weight in loaded.state_dict().items())
    torch.testing.assert_close(loaded(*inputs), model(*inputs))


# round trips


def test_a_dit_comes_back_with_config_weights_and_outputs(file: Path) -> None:
    model, loaded = tiny_dit(), load_dit(file)
    assert loaded.config == CONFIG
    assert not loaded.training
    assert_same_model(loaded, model, (torch.randn(1, 4, 2, 3, 4), torch.tensor([0.4]), torch.randn(1, 3, 20)))
    assert names_in(file.parent) == ["dit.safetensors"]


def test_a_loaded_dit_can_be_trained_on(file: Path) -> None:
    loaded = load_dit(file).train()
    loaded(torch.randn(1, 4, 2, 4, 4), torch.tensor([0.4]), torch.randn(1, 3, 20)).sum().backward()
    assert all(weight.requires_grad and weight.grad is not None for weight in loaded.parameters())


def test_training_a_loaded_dit_leaves_its_file_alone(file: Path) -> None:
    before, loaded = file.read_bytes(), load_dit(file)
    with torch.no_grad():
        for weight in loaded.parameters():
            weight.add_(1)
    assert file.read_bytes() == before


def test_a_vae_comes_back_with_config_and_outputs(tmp_path: Path) -> None:
    vae = VideoVAE(VAE_CONFIG).eval()
    save_checkpoint(tmp_path / "vae.safetensors", vae, kind=Kind.VAE, config=VAE_CONFIG)
    loaded = load_vae(tmp_path / "vae.safetensors")
    pixels = torch.rand(1, 3, 3, 8, 8)
    assert loaded.config == VAE_CONFIG
    assert torch.equal(loaded.encode(pixels), vae.encode(pixels))


def test_a_text_encoder_comes_back_with_tokenizer_and_outputs(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["a red circle moves"], 300)
    config = TextEncoderConfig(300, 16, 16, 2, 1, 8)
    encoder = TextEncoder(config, tokenizer).eval()
    path = tmp_path / "text_encoder.safetensors"
    extra = {"sora_tokenizer": tokenizer.to_json()}
    save_checkpoint(path, encoder, kind=Kind.TEXT_ENCODER, config=config, extra=extra)
    loaded = load_text_encoder(path)
    prompts = ["a red circle", ""]
    assert torch.equal(loaded.encode(prompts).embeddings, encoder.encode(prompts).embeddings)


def test_metadata_is_read_without_the_tensors(file: Path) -> None:
    metadata = read_metadata(file)
    assert metadata["sora_format"] == "1"
    assert metadata["sora_kind"] == "dit"
    assert metadata["sora_fps"] == "8"
    assert json.loads(metadata["sora_config"])["dim"] == 48


def test_configs_are_read_without_the_tensors(file: Path) -> None:
    assert read_configs(file) == [CONFIG]
    save_checkpoint(file, VideoVAE(VAE_CONFIG), kind=Kind.VAE, config=VAE_CONFIG)
    assert read_configs(file) == [VAE_CONFIG]
    save_checkpoint(file, {"a": torch.zeros(1)}, kind=Kind.TEXT_ENCODER, config=TextEncoderConfig())
    assert read_configs(file) == [TextEncoderConfig()]
    save_file({"something.else": torch.zeros(1)}, file)
    assert read_configs(file) == []


@pytest.mark.parametrize("stored", [torch.float16, torch.bfloat16, torch.float8_e4m3fn])
def test_low_precision_becomes_float32_on_a_cpu_unless_asked_otherwise(tmp_path: Path, stored: torch.dtype) -> None:
    path = tmp_path / "dit.safetensors"
    weights = {name: tensor.to(stored) for name, tensor in tiny_dit().state_dict().items()}
    save_checkpoint(path, weights, kind=Kind.DIT, config=CONFIG)
    loaded = load_dit(path)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    assert torch.equal(loaded.head.head.weight, weights["head.head.weight"].float())
    assert load_dit(path, dtype=torch.bfloat16).dtype == torch.bfloat16


def test_float64_stays_float64(tmp_path: Path) -> None:
    path = tmp_path / "dit.safetensors"
    save_checkpoint(path, tiny_dit().double(), kind=Kind.DIT, config=CONFIG)
    assert load_dit(path).dtype == torch.float64


def test_tensors_that_are_not_contiguous_are_saved(tmp_path: Path) -> None:
    weights = tiny_dit().state_dict()
    weights["head.head.weight"] = weights["head.head.weight"].t().contiguous().t()
    save_checkpoint(tmp_path / "dit.safetensors", weights, kind=Kind.DIT, config=CONFIG)
    assert torch.equal(load_dit(tmp_path / "dit.safetensors").head.head.weight, weights["head.head.weight"])


# published layout


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model.", "diffusion_model."])
@pytest.mark.parametrize("norm", [True, False])
def test_a_published_wan_file_is_known_by_its_shapes(tmp_path: Path, prefix: str, norm: bool) -> None:
    config = DiTConfig(5, 3, 256, 80, 2, 2, 20, 16, cross_attn_norm=norm)
    model = tiny_dit(config)
    path = tmp_path / "wan.safetensors"
    save_file({prefix + name: tensor for name, tensor in model.state_dict().items()}, path)
    loaded = load_dit(path)
    assert loaded.config == config
    assert_same_model(loaded, model, (torch.randn(1, 5, 2, 3, 4), torch.tensor([0.4]), torch.randn(1, 3, 20)))


def test_a_published_wan_file_may_be_one_of_torch(tmp_path: Path) -> None:
    model, path = tiny_dit(DiTConfig(5, 3, 256, 80, 2, 2, 20, 16)), tmp_path / "wan.pth"
    torch.save(model.state_dict(), path)
    assert_same_model(load_dit(path), model, (torch.randn(1, 5, 2, 3, 4), torch.tensor([0.4]), torch.randn(1, 3, 20)))
    assert read_metadata(path) == {}


def test_a_wan_file_without_patches_is_refused(tmp_path: Path) -> None:
    weights = tiny_dit(DiTConfig(5, 3, 128, 80, 1, 1, 20, 16)).state_dict()
    weights["patch_embedding.weight"] = torch.zeros(128, 5, 0, 2, 2)
    save_file(weights, tmp_path / "wan.safetensors")
    assert "holds a Wan DiT of an unknown variant" in rejected(tmp_path / "wan.safetensors")


@pytest.mark.parametrize(
    ("extra", "guess"),
    [
        ("vace_blocks.0.after_proj.weight", "a Wan VACE model"),
        ("ref_conv.weight", "a Wan Fun model with a reference image"),
        ("blocks.0.cross_attn.k_img.weight", "a Wan DiT"),
    ],
)
def test_a_wan_model_of_another_kind_says_which_tensors_are_too_many(tmp_path: Path, extra: str, guess: str) -> None:
    weights = tiny_dit(DiTConfig(36, 16, 128, 80, 1, 1, 20, 16)).state_dict() | {extra: torch.zeros(4)}
    save_file(weights, tmp_path / "a.safetensors")
    message = rejected(tmp_path / "a.safetensors")
    assert f"which looks like {guess}, do not fit the model: 1 unexpected: {extra}" in message


def test_an_image_to_video_file_that_lacks_tensors_names_them(tmp_path: Path) -> None:
    weights = tiny_dit(DiTConfig(36, 16, 128, 80, 1, 1, 20, 16, image_dim=12)).state_dict()
    for name in ("img_emb.proj.4.bias", "blocks.0.cross_attn.v_img.weight"):
        del weights[name]
    save_file(weights, tmp_path / "i2v.safetensors")
    assert "2 missing: img_emb.proj.4.bias, blocks.0.cross_attn.v_img.weight" in rejected(tmp_path / "i2v.safetensors")


@pytest.mark.slow
def test_two_files_make_experts_with_the_boundary_of_their_kind(tmp_path: Path) -> None:
    for channels, boundary in ((16, 0.875), (36, 0.9)):
        model = tiny_dit(DiTConfig(channels, 16, 128, 80, 1, 1, 20, 16))
        for name in ("high", "low"):
            nn.init.normal_(model.head.head.weight)
            save_file(model.state_dict(), tmp_path / f"{name}.safetensors")
        experts = load_experts(tmp_path / "high.safetensors", tmp_path / "low.safetensors", dtype=torch.bfloat16)
        assert experts.boundary == boundary
        assert experts.dtype == torch.bfloat16
        assert not experts.training
        assert not torch.equal(experts.high.head.head.weight, experts.low.head.head.weight)
    own = load_experts(tmp_path / "high.safetensors", tmp_path / "low.safetensors", boundary=0.6)
    assert own.boundary == 0.6


# files of something else


@pytest.mark.parametrize(
    ("key", "guess"),
    [
        ("model.diffusion_model.input_blocks.0.0.weight", "a Stable Diffusion model"),
        ("double_blocks.0.img_attn.proj.weight", "a Flux or Hunyuan model"),
        ("condition_embedder.time_proj.weight", "a Wan DiT in diffusers' format"),
        ("blocks.0.self_attn.q.lora_A.weight", "a LoRA"),
        ("decoder.upsamples.0.residual.0.gamma", "a Wan VAE"),
        ("something.else", "another model"),
    ],
)
def test_foreign_tensors_are_named(tmp_path: Path, key: str, guess: str) -> None:
    path = tmp_path / "model.safetensors"
    save_file({key: torch.zeros(2), "z1": torch.zeros(1), "z2": torch.zeros(1), "z3": torch.zeros(1)}, path)
    message = rejected(path)
    assert f"is not a dit that can be loaded here: it looks like {guess}" in message
    assert key in message
    assert "z3" not in message
    assert "is not a vae" in rejected(path, load_vae)
    assert "is not a text_encoder" in rejected(path, load_text_encoder)


def test_a_file_of_another_kind_says_which(file: Path) -> None:
    assert "holds a dit, expected a vae; load it with load_dit" in rejected(file, load_vae)
    assert "holds a dit, expected a text_encoder" in rejected(file, load_text_encoder)
    save_checkpoint(file, VideoVAE(VAE_CONFIG), kind=Kind.VAE, config=VAE_CONFIG)
    assert "holds a vae, expected a dit; load it with load_vae" in rejected(file)


def saved_with(path: Path, weights: dict[str, torch.Tensor], config: DiTConfig = CONFIG) -> Path:
    save_checkpoint(path, weights, kind=Kind.DIT, config=config)
    return path


def test_tensors_that_do_not_fit_are_listed(file: Path) -> None:
    weights = tiny_dit().state_dict()
    for name in [name for name in weights if name.startswith("blocks.1.")]:
        del weights[name]
    weights["extra.weight"] = torch.zeros(2)
    weights["head.head.bias"] = torch.zeros(17)
    message = rejected(saved_with(file, weights))
    assert "missing: blocks.1." in message
    assert message.count("blocks.1.") == 3  # the first few, not a wall of text
    assert "1 unexpected: extra.weight" in message
    assert "1 of the wrong shape: head.head.bias (got [17], expected [16])" in message


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"sora_kind": "dit", "sora_format": "2", "sora_config": "{}"}, "has format 2, expected 1"),
        ({"sora_kind": "dit", "sora_format": "1"}, "has no valid DiTConfig in its metadata"),
        ({"sora_kind": "dit", "sora_format": "1", "sora_config": "{"}, "has no valid DiTConfig"),
        ({"sora_kind": "dit", "sora_format": "1", "sora_config": "[1]"}, "has no valid DiTConfig"),
        ({"sora_kind": "dit", "sora_format": "1", "sora_config": '{"width": 3}'}, "has no valid DiTConfig"),
        ({"sora_kind": "dit", "sora_format": "1", "sora_config": '{"dim": -1}'}, "has no valid DiTConfig"),
    ],
    ids=["format", "none", "json", "list", "field", "value"],
)
def test_metadata_that_makes_no_model_is_named(file: Path, metadata: dict[str, str], message: str) -> None:
    save_file(tiny_dit().state_dict(), file, metadata=metadata)
    assert message in rejected(file)


def test_a_text_encoder_without_a_tokenizer_is_named(file: Path) -> None:
    save_checkpoint(file, {"a": torch.zeros(1)}, kind=Kind.TEXT_ENCODER, config=TextEncoderConfig())
    assert "has no tokenizer in its metadata" in rejected(file, load_text_encoder)


@pytest.mark.slow
def test_a_broken_tokenizer_is_named(file: Path) -> None:
    extra = {"sora_tokenizer": "{}"}
    save_checkpoint(file, {"a": torch.zeros(1)}, kind=Kind.TEXT_ENCODER, config=TextEncoderConfig(), extra=extra)
    assert "config or tokenizer" in rejected(file, load_text_encoder)


# failed saves


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError, MemoryError])
def test_a_save_that_fails_leaves_the_old_file(
    file: Path, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    def partial(tensors: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half a file")
        raise interruption

    before = file.read_bytes()
    monkeypatch.setattr("sora_core.checkpoint.checkpoint.save_file", partial)
    with pytest.raises(interruption):
        save_checkpoint(file, tiny_dit(), kind=Kind.DIT, config=CONFIG)
    assert file.read_bytes() == before
    assert names_in(file.parent) == [file.name]


def test_a_full_disk_is_an_oserror_that_says_so_and_leaves_the_old_file(file: Path) -> None:
    resource = pytest.importorskip("resource")
    before = file.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))  # no file may grow beyond this, as on a full disk
    try:
        with pytest.raises(OSError, match=r"cannot write .*dit\.safetensors: .*has space left"):
            save_checkpoint(file, tiny_dit(), kind=Kind.DIT, config=CONFIG)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_bytes() == before
    assert names_in(file.parent) == [file.name]


def test_a_missing_folder_is_an_oserror_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cannot write .*check that the folder exists"):
        save_checkpoint(tmp_path / "no" / "dit.safetensors", tiny_dit(), kind=Kind.DIT, config=CONFIG)


def test_a_folder_without_permission_is_an_oserror_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, exist_ok: bool = True) -> None:  # tests may run as root, who may write anywhere
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(PermissionError, match=r"cannot write .*Permission denied; check that .* is writable"):
        save_checkpoint(tmp_path / "dit.safetensors", tiny_dit(), kind=Kind.DIT, config=CONFIG)


def test_a_folder_in_the_place_of_the_file_is_an_oserror(tmp_path: Path) -> None:
    (tmp_path / "dit.safetensors").mkdir()
    with pytest.raises(OSError, match=r"cannot write .*dit\.safetensors"):
        save_checkpoint(tmp_path / "dit.safetensors", tiny_dit(), kind=Kind.DIT, config=CONFIG)
    assert names_in(tmp_path) == ["dit.safetensors"]


@pytest.mark.slow
@pytest.mark.posix
def test_a_process_killed_while_saving_leaves_the_old_file(file: Path) -> None:
    program = (
        "import os, signal, sys, torch\n"
        "from sora_core import checkpoint\n"
        "from sora_core.models.wan.dit import DiTConfig\n"
        "os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)\n"
        "state = {'a': torch.zeros(1000)}\n"
        "checkpoint.save_checkpoint(sys.argv[1], state, kind=checkpoint.Kind.DIT, config=DiTConfig())\n"
    )
    before = file.read_bytes()
    root = Path(checkpoint.__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", program, str(file)], cwd=root, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert file.read_bytes() == before
    assert load_dit(file).config == CONFIG

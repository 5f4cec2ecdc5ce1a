"""Files of umT5 in every published layout are one and the same encoder; what is something else says what it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from checkpoint_files import rejected
from small_umt5 import PROMPTS, as_wan, comfyui_file, plain_spiece, scaled_fp8, t5_tokenizer, tensors_of, umt5
from sora_core.checkpoint import CheckpointError, Kind, load_dit, load_text_encoder, load_vae, save_checkpoint
from sora_core.models.wan.text_encoder import TextEncoder, TextEncoderConfig
from sora_core.models.wan.text_encoder.tokenizer import SentencePieceTokenizer

pytestmark = pytest.mark.slow

CONFIG = TextEncoderConfig(600, 32, 40, 4, 3, max_tokens=512, inner_dim=48, clean_prompts=True)
Write = Callable[[Path, dict[str, torch.Tensor]], Path]


def as_comfyui(folder: Path, tensors: dict[str, torch.Tensor]) -> Path:
    return comfyui_file(folder / "umt5_xxl_fp16.safetensors", tensors, plain_spiece())


def as_whole_checkpoint(folder: Path, tensors: dict[str, torch.Tensor]) -> Path:
    """All models in one file, under prefixes."""
    inside = {f"text_encoders.umt5xxl.transformer.{name}": tensor for name, tensor in tensors.items()}
    words = torch.frombuffer(bytearray(plain_spiece()), dtype=torch.uint8)
    others = {"text_encoders.umt5xxl.spiece_model": words, "vae.decoder.conv1.weight": torch.zeros(2)}
    save_file(inside | others, folder / "all.safetensors")
    return folder / "all.safetensors"


def as_diffusers(folder: Path, tensors: dict[str, torch.Tensor]) -> Path:
    """text_encoder/ in two shards, and tokenizer/tokenizer.json beside it."""
    (folder / "text_encoder").mkdir()
    (folder / "tokenizer").mkdir()
    names, places = sorted(tensors), {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        shard = f"model-{number:05}-of-00002.safetensors"
        save_file({name: tensors[name].contiguous() for name in part}, folder / "text_encoder" / shard)
        places |= dict.fromkeys(part, shard)
    index = folder / "text_encoder" / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    tokenizer = t5_tokenizer(plain_spiece()).backend_tokenizer
    tokenizer.enable_padding(length=512)  # as one that was saved after a call
    tokenizer.enable_truncation(5)
    tokenizer.save(str(folder / "tokenizer" / "tokenizer.json"))
    return index


def as_official(folder: Path, tensors: dict[str, torch.Tensor]) -> Path:
    """models_t5_umt5-xxl-enc-bf16.pth, and google/umt5-xxl/spiece.model."""
    (folder / "google" / "umt5-xxl").mkdir(parents=True)
    (folder / "google" / "umt5-xxl" / "spiece.model").write_bytes(plain_spiece())
    torch.save(as_wan(tensors), folder / "models_t5_umt5-xxl-enc-bf16.pth")
    return folder / "models_t5_umt5-xxl-enc-bf16.pth"


LAYOUTS: dict[str, Write] = {
    "ComfyUI": as_comfyui,
    "ComfyUI, all in one": as_whole_checkpoint,
    "diffusers": as_diffusers,
    "Wan": as_official,
}


@pytest.fixture(params=LAYOUTS.values(), ids=LAYOUTS)
def write(request: pytest.FixtureRequest) -> Write:
    return request.param


@torch.no_grad()
def expected(theirs: Any, ids: torch.Tensor) -> torch.Tensor:
    return theirs(ids, (ids != 0).long()).last_hidden_state * (ids != 0)[..., None]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@torch.no_grad()
def test_every_layout_gives_the_embeddings_of_transformers(tmp_path: Path, write: Write, dtype: torch.dtype) -> None:
    theirs = umt5(dtype)
    encoder = load_text_encoder(write(tmp_path, tensors_of(theirs)))
    assert encoder.config == CONFIG
    assert not encoder.training
    assert {weight.dtype for weight in encoder.parameters()} == {dtype}
    tolerance = 1e-13 if dtype == torch.float64 else 2e-5
    embeddings = encoder.encode(PROMPTS).embeddings
    assert (embeddings - expected(theirs, encoder.tokenize(PROMPTS))).abs().max() <= tolerance
    assert encoder.tokenize(PROMPTS).count_nonzero(dim=1).tolist() == [encoder.count_tokens(p) + 1 for p in PROMPTS]


@torch.no_grad()
def test_all_layouts_give_the_same_bits(tmp_path: Path) -> None:
    tensors = tensors_of(umt5(torch.bfloat16))
    found = []
    for number, write in enumerate(LAYOUTS.values()):
        (tmp_path / str(number)).mkdir()
        found.append(load_text_encoder(write(tmp_path / str(number), tensors)).encode(PROMPTS).embeddings)
    assert all(torch.allclose(other, found[0], rtol=0, atol=1e-5) for other in found)
    other = load_text_encoder(comfyui_file(tmp_path / "a.safetensors", tensors_of(umt5(torch.bfloat16, heads=2))))
    assert not torch.allclose(other.encode(PROMPTS).embeddings, found[0], rtol=0, atol=0.1)


@pytest.mark.parametrize("stored", [torch.float16, torch.bfloat16])
def test_weights_stay_in_the_file_in_the_precision_that_they_have(tmp_path: Path, write: Write, stored) -> None:
    path = write(tmp_path, tensors_of(umt5(stored)))
    encoder = load_text_encoder(path)
    assert {weight.dtype for weight in encoder.parameters()} == {stored}
    maps = Path("/proc/self/maps")
    if maps.exists():
        ends = [line.split()[0].split("-") for line in maps.read_text().splitlines() if str(tmp_path) in line]
        mapped = [range(int(first, 16), int(last, 16)) for first, last in ends]
        assert all(any(weight.data_ptr() in part for part in mapped) for weight in encoder.parameters())
    assert encoder.encode([PROMPTS[0]]).embeddings.dtype == torch.float32
    assert {weight.dtype for weight in load_text_encoder(path, dtype=torch.float32).parameters()} == {torch.float32}


@torch.no_grad()
def test_scaled_fp8_is_multiplied_out_also_on_a_cpu(tmp_path: Path) -> None:
    theirs = umt5()
    tensors = tensors_of(theirs)
    eight = scaled_fp8(tensors)
    path = comfyui_file(tmp_path / "umt5_xxl_fp8_e4m3fn_scaled.safetensors", eight)
    encoder, exact = load_text_encoder(path), load_text_encoder(path, dtype=torch.float32)
    assert {weight.dtype for weight in encoder.parameters()} == {torch.bfloat16}
    for name, weight in exact.transformer.state_dict().items():
        scale = eight.get(f"{name.removesuffix('.weight')}.scale_weight", torch.ones(1))
        assert torch.equal(weight, eight[name].float() * scale), name
    theirs.load_state_dict(exact.transformer.state_dict(), strict=False)
    ids = encoder.tokenize(PROMPTS)
    assert (exact(ids) - expected(theirs, ids)).abs().max() <= 2e-5
    assert (encoder(ids) - exact(ids)).abs().mean() < 0.02


def test_an_embedding_under_its_other_name_and_a_decoder_are_no_trouble(tmp_path: Path) -> None:
    tensors = tensors_of(umt5())
    words = tensors.pop("shared.weight")
    others = {"decoder.block.0.layer.0.SelfAttention.q.weight": torch.zeros(2), "lm_head.weight": torch.zeros(2)}
    encoder = load_text_encoder(as_comfyui(tmp_path, tensors | others | {"encoder.embed_tokens.weight": words}))
    assert torch.equal(encoder.transformer.shared.weight, words)


def test_it_can_be_saved_as_a_file_of_ours(tmp_path: Path) -> None:
    encoder = load_text_encoder(as_comfyui(tmp_path, tensors_of(umt5())))
    extra = {"sora_tokenizer": encoder.tokenizer.to_json()}
    save_checkpoint(tmp_path / "t.safetensors", encoder, kind=Kind.TEXT_ENCODER, config=encoder.config, extra=extra)
    again = load_text_encoder(tmp_path / "t.safetensors")
    assert torch.equal(again.encode(PROMPTS).embeddings, encoder.encode(PROMPTS).embeddings)


# tokenizers


def test_a_tokenizer_may_be_named(tmp_path: Path) -> None:
    save_file({name: t.contiguous() for name, t in tensors_of(umt5()).items()}, tmp_path / "a.safetensors")
    (tmp_path / "words").write_bytes(plain_spiece())
    t5_tokenizer(plain_spiece()).backend_tokenizer.save(str(tmp_path / "words.json"))
    first, second = (
        load_text_encoder(tmp_path / "a.safetensors", tokenizer=tmp_path / name) for name in ("words", "words.json")
    )
    assert torch.equal(first.tokenize(PROMPTS), second.tokenize(PROMPTS))


def test_a_tokenizer_that_is_missing_is_named_with_what_was_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({name: t.contiguous() for name, t in tensors_of(umt5()).items()}, path)
    message = rejected(path, load_text_encoder)
    assert "FILE has no tokenizer in it (a tensor spiece_model) and none beside it: looked for" in message
    assert "../tokenizer/{tokenizer.json,spiece.model}" in message
    assert "copy tokenizer.json or spiece.model of google/umt5-xxl there" in message


@pytest.mark.parametrize("content", [b"", b"{}", b"{", b"just some text", b"version https://git-lfs"])
def test_a_broken_tokenizer_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    save_file({name: t.contiguous() for name, t in tensors_of(umt5()).items()}, path)
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json (is not a valid|cannot be read)"):
        load_text_encoder(path)


def test_a_tokenizer_in_the_file_that_is_broken_is_named(tmp_path: Path) -> None:
    path = comfyui_file(tmp_path / "a.safetensors", tensors_of(umt5()), plain_spiece()[:1000])
    assert "the tokenizer spiece_model in FILE cannot be read: not a SentencePiece model" in rejected(
        path, load_text_encoder
    )


def test_a_tokenizer_of_another_model_is_named(tmp_path: Path) -> None:
    text = t5_tokenizer(plain_spiece()).backend_tokenizer.to_str()
    (tmp_path / "tokenizer.json").write_text(text.replace("<pad>", "<xyz>"), encoding="utf-8")
    save_file({name: t.contiguous() for name, t in tensors_of(umt5()).items()}, tmp_path / "a.safetensors")
    assert "do not fit each other: expected a T5 tokenizer with <pad> as token 0" in rejected(
        tmp_path / "a.safetensors", load_text_encoder
    )


# files of something else


def changed(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> str:
    tensors = tensors_of(umt5())
    change(tensors)
    return rejected(as_comfyui(folder, tensors), load_text_encoder)


POSITIONS = "encoder.block.{}.layer.0.SelfAttention.relative_attention_bias.weight"


def test_a_t5_whose_layers_share_positions_says_so(tmp_path: Path) -> None:
    message = changed(tmp_path, lambda tensors: [tensors.pop(POSITIONS.format(layer)) for layer in (1, 2)])
    assert "is a T5 or mT5 encoder, whose layers share one position bias (as in Flux, SD3 and LTX)" in message


def test_tensors_that_are_missing_or_too_many_are_named(tmp_path: Path) -> None:
    assert "not a complete umT5 encoder: 'shared.weight' is missing" in changed(
        tmp_path, lambda t: t.pop("shared.weight")
    )
    name = "encoder.block.1.layer.1.DenseReluDense.wo.weight"
    assert f"1 missing: transformer.{name}" in changed(tmp_path, lambda t: t.pop(name))
    assert "1 unexpected: encoder.extra" in changed(tmp_path, lambda t: t.update({"encoder.extra": torch.zeros(1)}))
    wrong = {POSITIONS.format(0): torch.zeros(16, 4)}
    assert "got 16 relative-position buckets, expected 32" in changed(tmp_path, lambda t: t.update(wrong))


def test_a_text_encoder_is_no_dit_and_no_vae(tmp_path: Path) -> None:
    path = as_comfyui(tmp_path, tensors_of(umt5()))
    assert "not a dit that can be loaded here: it looks like a T5 text encoder" in rejected(path, load_dit)
    assert "not a vae that can be loaded here: it looks like a T5 text encoder" in rejected(path, load_vae)


def test_a_clip_text_encoder_is_no_umt5(tmp_path: Path) -> None:
    save_file({"text_model.encoder.layers.0.self_attn.q_proj.weight": torch.zeros(2)}, tmp_path / "a.safetensors")
    assert "is not a text_encoder that can be loaded here" in rejected(tmp_path / "a.safetensors", load_text_encoder)


def test_loading_puts_nothing_of_transformers_into_the_process(tmp_path: Path) -> None:
    path = as_comfyui(tmp_path, tensors_of(umt5()))
    program = (
        "import sys\nfrom sora_core.checkpoint import load_text_encoder\n"
        "load_text_encoder(sys.argv[1]).encode(['a red circle'])\n"
        "print([m for m in ('transformers', 'sympy', 'google.protobuf') if m in sys.modules])"
    )
    root = Path(__file__).parents[4]
    done = subprocess.run([sys.executable, "-c", program, str(path)], cwd=root, stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().strip() == "[]"


def test_an_encoder_without_weights_is_not_initialised() -> None:
    encoder = TextEncoder(CONFIG, SentencePieceTokenizer(plain_spiece()), device="meta")
    assert all(weight.is_meta for weight in encoder.parameters())

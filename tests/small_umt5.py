"""A small umT5 of transformers with random weights, a SentencePiece model, and its files in every published layout."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

FP8 = torch.float8_e4m3fn
PROMPTS = [
    "A red circle moves right on a black background",
    "",
    "  Tom &amp; Jerry\n run, \u8d64\u3044\u5186\u304c; ein roter Kreis, \u043a\u0440\u0443\u0433 \U0001f600 ",
]
CORPUS = [
    "a red circle moves right on a black background",
    "a blue square moves left, then a green triangle spins up and down",
    "two cats run through the snow while the camera follows them from above",
    "ein roter Kreis bewegt sich nach rechts",
    "\u8d64\u3044\u5186\u304c\u53f3\u306b\u52d5\u304f\u3002\u732b\u304c\u8d70\u308b",
    "\u4e00\u53ea\u7ea2\u8272\u7684\u732b\u5728\u96ea\u5730\u4e0a\u8dd1\u6b65",
    "\u043a\u0440\u0430\u0441\u043d\u044b\u0439 \u043a\u0440\u0443\u0433",
]


def train_sentencepiece(corpus: Iterable[str] = CORPUS, **options: Any) -> bytes:
    """The bytes of a model with the special tokens of T5."""
    sentencepiece = pytest.importorskip("sentencepiece")
    written = io.BytesIO()
    settings = {"vocab_size": 420, "hard_vocab_limit": False, "character_coverage": 0.99, "byte_fallback": True}
    special = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1, "minloglevel": 2}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(20 * list(corpus)), model_writer=written, **(settings | special | options)
    )
    return written.getvalue()


@lru_cache
def spiece() -> bytes:
    """One model for all tests."""
    return train_sentencepiece()


@lru_cache
def plain_spiece() -> bytes:
    """One without bytes and normalization, which the T5 tokenizer of transformers knows nothing of."""
    return train_sentencepiece(byte_fallback=False, normalization_rule_name="identity")


def t5_tokenizer(data: bytes) -> Any:
    """transformers' T5 tokenizer, which is umT5's too, with the pieces of a model."""
    sentencepiece = pytest.importorskip("sentencepiece")
    transformers = pytest.importorskip("transformers")
    processor = sentencepiece.SentencePieceProcessor(model_proto=data)
    pieces = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]
    return transformers.T5Tokenizer(vocab=pieces, extra_ids=0)


def umt5(dtype: torch.dtype = torch.float32, *, layers: int = 3, heads: int = 4, width: int = 12) -> Any:
    """transformers' own encoder: 600 tokens, 32 wide, with random weights that make attention choose."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.UMT5Config(
        vocab_size=600,
        d_model=32,
        d_kv=width,
        d_ff=40,
        num_heads=heads,
        num_layers=layers,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.1,
    )
    model = transformers.UMT5EncoderModel(config).eval().requires_grad_(False)
    for name, weight in model.named_parameters():
        if "layer_norm" in name:
            weight.add_(0.3 * torch.randn(weight.shape))
        elif "relative_attention_bias" in name or name.endswith(("q.weight", "k.weight")):
            weight.mul_(2)
    if dtype == torch.float64:  # its norms take their mean in float32 all the same, which would hide small mistakes
        for module in model.modules():
            if type(module).__name__ == "UMT5LayerNorm":
                module.forward = partial(wide_norm, module)
    return model.to(dtype)


def wide_norm(norm: Any, x: torch.Tensor) -> torch.Tensor:
    """What UMT5LayerNorm reckons, in the dtype of x."""
    return norm.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + norm.variance_epsilon))


def tensors_of(model: Any) -> dict[str, torch.Tensor]:
    """As transformers saves them: the embedding once."""
    return {name: tensor for name, tensor in model.state_dict().items() if name != "encoder.embed_tokens.weight"}


def as_wan(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same under the names of Wan's own file."""
    inside = {
        "layer.0.SelfAttention.relative_attention_bias": "pos_embedding.embedding",
        "layer.0.SelfAttention": "attn",
        "layer.0.layer_norm": "norm1",
        "layer.1.layer_norm": "norm2",
        "layer.1.DenseReluDense.wi_0": "ffn.gate.0",
        "layer.1.DenseReluDense.wi_1": "ffn.fc1",
        "layer.1.DenseReluDense.wo": "ffn.fc2",
        "shared": "token_embedding",
        "encoder.final_layer_norm": "norm",
        "encoder.block": "blocks",
    }
    renamed = {}
    for name, tensor in tensors.items():
        for theirs, wans in inside.items():
            name = name.replace(theirs, wans)
        renamed[name] = tensor
    return renamed


def spiece_tensor(data: bytes) -> torch.Tensor:
    """As ComfyUI stores it."""
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def comfyui_file(path: Path, tensors: Mapping[str, torch.Tensor], data: bytes | None = None) -> Path:
    """umt5_xxl_*.safetensors: weights, and the tokenizer in a tensor."""
    words = {"spiece_model": spiece_tensor(spiece() if data is None else data)}
    save_file({name: tensor.contiguous() for name, tensor in (dict(tensors) | words).items()}, path)
    return path


def scaled_fp8(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As ComfyUI's fp8_e4m3fn_scaled: the matrices of the blocks in eight bits, with a scale each."""
    out: dict[str, torch.Tensor] = {"scaled_fp8": torch.empty(2).to(FP8)}
    for name, tensor in tensors.items():
        layer = name.removesuffix(".weight")
        if layer.endswith((".q", ".k", ".v", ".o", ".wi_0", ".wi_1", ".wo")):
            scale = tensor.abs().max() / 448
            out[name] = (tensor / scale).to(FP8)
            out[f"{layer}.scale_weight"] = scale.reshape(1).clone()
            out[f"{layer}.scale_input"] = torch.ones(1)
        else:
            out[name] = tensor.half()
    return out

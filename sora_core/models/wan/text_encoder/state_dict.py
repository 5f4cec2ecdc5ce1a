"""State-dict adapters for published umT5 files, their tokenizer, and the config from tensor shapes.

transformers, diffusers and ComfyUI use one set of names; Wan's own .pth uses another (https://github.com/Wan-Video/Wan2.2,
wan/modules/t5.py). ComfyUI's files also hold the bytes of the SentencePiece model and, in fp8, scales.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ....tensors.foreign_files import read_file
from ....tensors.safetensors_file import CheckpointError, Header, read_tensor
from ....tensors.state_dict import StateDictAdapter, count_blocks
from .model import TextEncoderConfig
from .tokenizer import FastTokenizer, SentencePieceTokenizer, Tokenizer
from .umt5 import BUCKETS

WAN_TOKENS = 512  # Wan pads its prompts to this many tokens
OURS = "transformer."  # prefix of transformers' names in a TextEncoder
SPIECE = "spiece_model"  # ComfyUI's tensor with the bytes of the tokenizer
OTHER_HALF = ("decoder.", "lm_head.")  # tensors of a whole umT5 that the encoder lacks
MARK = re.compile(r"(.*?)(?:encoder\.block\.0\.layer\.0\.SelfAttention|(blocks\.0\.attn))\.q\.weight")
EMBEDDING, SAME_EMBEDDING = "shared.weight", "encoder.embed_tokens.weight"
POSITIONS = "encoder.block.{}.layer.0.SelfAttention.relative_attention_bias.weight"

FROM_WAN = {  # inside a block: Wan's name -> transformers' name
    **{f"attn.{part}": f"layer.0.SelfAttention.{part}" for part in "qkvo"},
    "pos_embedding.embedding": "layer.0.SelfAttention.relative_attention_bias",
    "norm1": "layer.0.layer_norm",
    "norm2": "layer.1.layer_norm",
    "ffn.gate.0": "layer.1.DenseReluDense.wi_0",
    "ffn.fc1": "layer.1.DenseReluDense.wi_1",
    "ffn.fc2": "layer.1.DenseReluDense.wo",
}
FROM_WAN_OUTSIDE = {"token_embedding": "shared", "norm": "encoder.final_layer_norm"}

TOKENIZER_FOLDERS = ("", "tokenizer", "../tokenizer", "google/umt5-xxl")  # relative to the folder of the weights
TOKENIZER_FILES = ("tokenizer.json", "spiece.model")  # Wan's own pipeline reads the first


@dataclass(frozen=True)
class StoredTextEncoder:
    """How a file stores a TextEncoder of `config`. spiece: the tensor with the tokenizer's bytes, or None."""

    config: TextEncoderConfig
    adapter: StateDictAdapter
    spiece: str | None


def find_text_encoder(header: Header) -> StoredTextEncoder | None:
    """Find the umT5 encoder in a file; None if it has no T5 encoder, CheckpointError if it has another kind of T5."""
    found = next((mark for name in header.shapes if (mark := MARK.fullmatch(name))), None)
    if found is None or (found[2] and f"{found[1]}token_embedding.weight" not in header.shapes):
        return None
    prefix, is_wan = found[1], found[2] is not None
    stored = {}
    for name in header.shapes:
        rest = name.removeprefix(prefix)
        if name.startswith(prefix) and not rest.startswith(OTHER_HALF):
            stored[_from_wan(rest) if is_wan else rest] = name
    same = stored.pop(SAME_EMBEDDING, None)
    if same is not None:
        stored.setdefault(EMBEDDING, same)
    adapter = StateDictAdapter.from_stored({OURS + name: key for name, key in stored.items()}, unused=(SPIECE,))
    spiece = next((name for name in header.shapes if name.endswith(SPIECE)), None)
    return StoredTextEncoder(_config(header, adapter.names), adapter, spiece)


def find_tokenizer(header: Header, spiece: str | None) -> Tokenizer:
    """Read the tokenizer in a file, or else beside it; raises CheckpointError with all paths tried if there is none."""
    if spiece is not None:
        return _parse(read_tensor(header, spiece).numpy().tobytes(), f"{spiece} in {header.path}")
    folder = header.path.parent
    paths = [folder / place / name for place in TOKENIZER_FOLDERS for name in TOKENIZER_FILES]
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        looked = ", ".join(f"{place or '.'}/{{{','.join(TOKENIZER_FILES)}}}" for place in TOKENIZER_FOLDERS)
        raise CheckpointError(
            f"{header.path} has no tokenizer in it (a tensor {SPIECE}) and none beside it: looked for {looked} in "
            f"{folder}; copy tokenizer.json or spiece.model of google/umt5-xxl there"
        )
    return read_tokenizer(found)


def read_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer.json or a SentencePiece model; raises CheckpointError if the file is neither."""
    try:
        data = read_file(path)
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    return _parse(data, str(path))


def _parse(data: bytes, where: str) -> Tokenizer:
    try:
        is_json = data.lstrip().startswith(b"{")
        return FastTokenizer.parse(data.decode("utf-8")) if is_json else SentencePieceTokenizer(data)
    except ValueError as error:
        raise CheckpointError(f"the tokenizer {where} cannot be read: {error}; download it again") from error


def _from_wan(name: str) -> str:
    """Map Wan's name of a tensor to transformers' name; a name that transformers lacks is unchanged."""
    layer, _, leaf = name.rpartition(".")
    if layer in FROM_WAN_OUTSIDE:
        return f"{FROM_WAN_OUTSIDE[layer]}.{leaf}"
    _, _, rest = name.partition("blocks.")
    number, _, layer = rest.rpartition(".")[0].partition(".")
    return f"encoder.block.{number}.{FROM_WAN[layer]}.{leaf}" if layer in FROM_WAN else name


def _config(header: Header, names: Mapping[str, str]) -> TextEncoderConfig:
    """Read the config from shapes; raises CheckpointError if they are not those of a umT5."""
    shapes = {name.removeprefix(OURS): header.shapes[stored] for name, stored in names.items()}
    try:
        layers = count_blocks(_block_numbers(shapes))
    except ValueError as error:
        raise CheckpointError(f"{header.path} is not a complete T5 encoder: {error}") from error
    with_positions = [layer for layer in range(layers) if POSITIONS.format(layer) in shapes]
    if with_positions == [0] and layers > 1:
        raise CheckpointError(
            f"{header.path} is a T5 or mT5 encoder, whose layers share one position bias (as in Flux, SD3 and LTX); "
            "expected a umT5 encoder, as in Wan: umt5_xxl_*.safetensors"
        )
    try:
        vocab_size, dim = shapes[EMBEDDING]
        buckets, heads = shapes[POSITIONS.format(0)]
        if buckets != BUCKETS:
            raise ValueError(f"got {buckets} relative-position buckets, expected {BUCKETS}")
        inner = shapes["encoder.block.0.layer.0.SelfAttention.q.weight"][0]
        return TextEncoderConfig(
            vocab_size=vocab_size,
            dim=dim,
            ffn_dim=shapes["encoder.block.0.layer.1.DenseReluDense.wi_0.weight"][0],
            num_heads=heads,
            num_layers=layers,
            max_tokens=WAN_TOKENS,
            inner_dim=0 if inner == dim else inner,
            clean_prompts=True,
        )
    except KeyError as error:
        raise CheckpointError(f"{header.path} is not a complete umT5 encoder: {error} is missing") from error
    except ValueError as error:
        raise CheckpointError(f"{header.path} is a T5 encoder of an unknown variant: {error}") from error


def _block_numbers(names: Mapping[str, tuple[int, ...]]) -> set[str]:
    """Return the block numbers in the tensors' names."""
    return {found[1] for name in names if (found := re.match(r"encoder\.block\.([^.]+)\.", name))}

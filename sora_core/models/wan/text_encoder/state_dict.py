"""The ways in which published files store a umT5 encoder and its tokenizer, and its config read off tensors' shapes.

transformers, and with it diffusers and ComfyUI, has one set of names, Wan's own .pth another
(https://github.com/Wan-Video/Wan2.2, wan/modules/t5.py). ComfyUI puts the bytes of the SentencePiece model beside the
weights, and scales beside weights in fp8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from ....tensors.safetensors_file import CheckpointError, Header, read_tensor
from ....tensors.state_dict import Layout
from .model import TextEncoderConfig
from .sentencepiece_model import read_sentencepiece
from .umt5 import BUCKETS

WAN_TOKENS = 512  # to which Wan pads its prompts
OURS = "transformer."  # before the names of transformers in a TextEncoder
SPIECE = "spiece_model"  # ComfyUI's tensor with the bytes of the tokenizer
OTHER_HALF = ("decoder.", "lm_head.")  # of a whole umT5
MARK = re.compile(r"(.*?)(?:encoder\.block\.0\.layer\.0\.SelfAttention|(blocks\.0\.attn))\.q\.weight")
EMBEDDING, SAME_EMBEDDING = "shared.weight", "encoder.embed_tokens.weight"
POSITIONS = "encoder.block.{}.layer.0.SelfAttention.relative_attention_bias.weight"

FROM_WAN = {  # inside a block: Wan's -> transformers'
    **{f"attn.{part}": f"layer.0.SelfAttention.{part}" for part in "qkvo"},
    "pos_embedding.embedding": "layer.0.SelfAttention.relative_attention_bias",
    "norm1": "layer.0.layer_norm",
    "norm2": "layer.1.layer_norm",
    "ffn.gate.0": "layer.1.DenseReluDense.wi_0",
    "ffn.fc1": "layer.1.DenseReluDense.wi_1",
    "ffn.fc2": "layer.1.DenseReluDense.wo",
}
FROM_WAN_OUTSIDE = {"token_embedding": "shared", "norm": "encoder.final_layer_norm"}

TOKENIZER_FOLDERS = ("", "tokenizer", "../tokenizer", "google/umt5-xxl")  # as seen from the weights
TOKENIZER_FILES = ("tokenizer.json", "spiece.model")  # the first is what Wan's own pipeline reads


@dataclass(frozen=True)
class StoredTextEncoder:
    """Where a file has the tensors of a TextEncoder of `config`, and those of its tokenizer if it has them."""

    config: TextEncoderConfig
    layout: Layout
    spiece: str | None


def find_text_encoder(header: Header) -> StoredTextEncoder | None:
    """The umT5 encoder of a file; None where there is no T5 encoder, CheckpointError for one of another kind."""
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
    layout = Layout.sorted_out({OURS + name: key for name, key in stored.items()}, unused=(SPIECE,))
    spiece = next((name for name in header.shapes if name.endswith(SPIECE)), None)
    return StoredTextEncoder(_config(header, layout.names), layout, spiece)


def find_tokenizer(header: Header, spiece: str | None) -> Tokenizer:
    """The tokenizer in a file, else beside it; CheckpointError, with all that was looked for, where there is none."""
    if spiece is not None:
        return _from_bytes(read_tensor(header, spiece).numpy().tobytes(), f"{spiece} in {header.path}")
    folder = header.path.parent
    places = [folder / place / name for place in TOKENIZER_FOLDERS for name in TOKENIZER_FILES]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        looked = ", ".join(f"{place or '.'}/{{{','.join(TOKENIZER_FILES)}}}" for place in TOKENIZER_FOLDERS)
        raise CheckpointError(
            f"{header.path} has no tokenizer in it (a tensor {SPIECE}) and none beside it: looked for {looked} from "
            f"{folder}; copy tokenizer.json or spiece.model of google/umt5-xxl there"
        )
    return read_tokenizer(found)


def read_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a tokenizer.json or of a SentencePiece model; CheckpointError where the file is neither."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    if not data.lstrip().startswith(b"{"):
        return _from_bytes(data, str(path))
    try:
        tokenizer = Tokenizer.from_str(data.decode("utf-8"))
    except Exception as error:  # tokenizers raises the bare class
        raise CheckpointError(
            f"{path} is not a tokenizer.json that can be read ({error}); download it again"
        ) from error
    tokenizer.no_padding()  # a saved tokenizer may remember how it was last called
    tokenizer.no_truncation()
    return tokenizer


def _from_bytes(data: bytes, where: str) -> Tokenizer:
    try:
        return read_sentencepiece(data)
    except ValueError as error:
        raise CheckpointError(f"the tokenizer {where} cannot be read: {error}; download it again") from error


def _from_wan(name: str) -> str:
    """Wan's name of a tensor as transformers has it; one that it does not have stays."""
    layer, _, leaf = name.rpartition(".")
    if layer in FROM_WAN_OUTSIDE:
        return f"{FROM_WAN_OUTSIDE[layer]}.{leaf}"
    _, _, rest = name.partition("blocks.")
    number, _, layer = rest.rpartition(".")[0].partition(".")
    return f"encoder.block.{number}.{FROM_WAN[layer]}.{leaf}" if layer in FROM_WAN else name


def _config(header: Header, names: Mapping[str, str]) -> TextEncoderConfig:
    """From shapes; CheckpointError where they are not those of a umT5."""
    shapes = {name.removeprefix(OURS): header.shapes[stored] for name, stored in names.items()}
    layers = 1 + max(_block_numbers(shapes))
    with_positions = [layer for layer in range(layers) if POSITIONS.format(layer) in shapes]
    if with_positions == [0] and layers > 1:
        raise CheckpointError(
            f"{header.path} is a T5 or mT5 encoder, whose layers share their positions (as in Flux, SD3 and LTX), "
            "expected a umT5 encoder, as Wan has: umt5_xxl_*.safetensors"
        )
    try:
        vocab_size, dim = shapes[EMBEDDING]
        buckets, heads = shapes[POSITIONS.format(0)]
        if buckets != BUCKETS:
            raise ValueError(f"it has {buckets} classes of distances, expected {BUCKETS}")
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
        raise CheckpointError(f"{header.path} is not a whole umT5 encoder: {error} is missing") from error
    except ValueError as error:
        raise CheckpointError(f"{header.path} is a T5 encoder with sizes of its own: {error}") from error


def _block_numbers(names: Mapping[str, tuple[int, ...]]) -> Iterator[int]:
    """Of the blocks that any of the tensors is in."""
    for name in names:
        if found := re.match(r"encoder\.block\.(\d+)\.", name):
            yield int(found[1])

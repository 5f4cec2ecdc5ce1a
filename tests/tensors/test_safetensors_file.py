"""Every way in which a file can be broken has its own message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from checkpoint_files import rejected, tiny_dit
from sora_core.checkpoint import load_dit, read_metadata
from sora_core.models.wan.dit import DiTConfig
from sora_core.tensors import safetensors_file
from sora_core.tensors.safetensors_file import MappedTensors, read_header


def test_a_missing_file_names_what_is_there(file: Path) -> None:
    assert "does not exist; did you mean dit.safetensors?" in rejected(file.with_name("dit2.safetensors"))
    assert "does not exist; there are dit.safetensors" in rejected(file.with_name("zzzzzzzzzzzzzzzzzzzz"))
    assert f"FILE does not exist: there is no folder {file.parent / 'no'}" in rejected(file.parent / "no" / "x")


def test_a_folder_names_what_is_in_it(file: Path) -> None:
    assert "is a folder, expected a .safetensors file; there are dit.safetensors" in rejected(file.parent)


@pytest.mark.parametrize("kept", [9, 40, -1])
def test_a_truncated_file_says_so(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    assert "truncated" in rejected(file)


def test_a_truncated_file_says_how_much_is_missing(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:-1000])
    assert f"got {len(whole) - 1000:,} bytes, expected at least {len(whole):,}" in rejected(file)


def test_an_empty_file_says_so(file: Path) -> None:
    file.write_bytes(b"")
    assert "is empty (0 bytes)" in rejected(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"These are my notes about video.\n", "is not a safetensors file: it begins with b'These are my notes"),
        (b"hi", "is not a safetensors file: it begins with b'hi'"),
        (b"<!DOCTYPE html><html></html>", "is not a safetensors file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "only a Git LFS pointer"),
        (b"PK\x03\x04" + bytes(200), "is a pickled PyTorch file"),
        (b"GGUF\x03" + bytes(200), "is a GGUF file"),
        ((20).to_bytes(8, "little") + b"{ this is not JSON }", "has a broken header"),
        ((12).to_bytes(8, "little") + b'{"a": "no"} ', "has a broken header"),
        ((2).to_bytes(8, "little") + b"{}", "it describes 0 tensors"),
        ((18).to_bytes(8, "little") + b'{"__metadata__":5}', "has a broken header"),
        ((20).to_bytes(8, "little") + b'{"__metadata__":[5]}', "has a broken header"),
        ((200_000).to_bytes(8, "little") + b'{"a":' + b"[" * 199_995, "has a broken header"),
    ],
    ids=["text", "short", "html", "lfs", "pickle", "gguf", "json", "entry", "nothing", "number", "list", "deep"],
)
def test_a_file_of_another_format_says_so(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "dit.safetensors"
    path.write_bytes(content)
    assert message in rejected(path)


def test_metadata_may_be_null_as_the_format_has_it(tmp_path: Path) -> None:
    header = b'{"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    (tmp_path / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    assert read_metadata(tmp_path / "a.safetensors") == {}
    assert "is not a dit that can be loaded here" in rejected(tmp_path / "a.safetensors")


def test_a_header_with_overlapping_tensors_is_rejected(file: Path) -> None:
    whole = file.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    name, other = "blocks.0.self_attn.norm_q.weight", "blocks.0.self_attn.norm_k.weight"
    header[name]["data_offsets"] = header[other]["data_offsets"]
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + whole[8 + length :])
    assert "has a broken header (" in rejected(file)


def test_bytes_after_the_end_are_an_error(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"more")
    assert "is broken" in rejected(file)


# shards


WAN = DiTConfig(4, 4, 128, 80, 1, 2, 20, 16)
INDEX = "wan.safetensors.index.json"


def shard(number: int) -> str:
    return f"wan-{number:05}-of-00003.safetensors"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A Wan DiT in three shards."""
    tensors = tiny_dit(WAN).state_dict()
    places = {name: shard(1 + number % 3) for number, name in enumerate(tensors)}
    for file in set(places.values()):
        save_file({name: tensor for name, tensor in tensors.items() if places[name] == file}, tmp_path / file)
    (tmp_path / INDEX).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    return tmp_path / INDEX


@pytest.mark.parametrize("name", [INDEX, shard(1), shard(3)])
def test_an_index_or_any_of_its_shards_is_the_whole_model(index: Path, name: str) -> None:
    expected = tiny_dit(WAN).state_dict()
    loaded = load_dit(index.with_name(name))
    assert loaded.config == WAN
    assert all(torch.equal(weight, expected[key]) for key, weight in loaded.state_dict().items())


def test_missing_shards_are_named(index: Path) -> None:
    index.with_name(shard(2)).unlink()
    message = rejected(index)
    assert f"has 3 shards, of which 1 are missing: {shard(2)}; copy or download" in message


@pytest.mark.parametrize("kept", [0, 9, -100])
def test_a_shard_that_was_downloaded_in_half_is_named(index: Path, kept: int) -> None:
    part = index.with_name(shard(3))
    part.write_bytes(part.read_bytes()[:kept])
    message = rejected(index)
    assert shard(3) in message
    assert "is empty" in message or "truncated" in message


def test_a_shard_without_its_index_says_so(index: Path) -> None:
    index.unlink()
    message = rejected(index.with_name(shard(2)))
    assert f"is only shard 2 of 3, and their index {INDEX} is not beside it" in message


def test_a_shard_of_another_model_is_named(index: Path) -> None:
    save_file({"a": torch.zeros(1)}, index.with_name(shard(1)))
    assert f"to {shard(1)}, which has no such tensor" in rejected(index)


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "{}",
        "[]",
        '{"weight_map": {}}',
        '{"weight_map": {"a": 5}}',
        '{"weight_map": {"a": "../secret.safetensors"}}',
        "\x00\xff",
    ],
)
def test_an_index_that_is_none_says_so(tmp_path: Path, content: str) -> None:
    (tmp_path / INDEX).write_bytes(content.encode("latin-1"))
    assert "is not an index of shards" in rejected(tmp_path / INDEX)


def test_an_index_that_is_missing_says_so(tmp_path: Path) -> None:
    assert "does not exist" in rejected(tmp_path / INDEX)


def test_a_folder_names_its_index(index: Path) -> None:
    assert f"is a folder, expected a .safetensors file; there are {shard(1)}" in rejected(index.parent)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": ["F32"]},
        {"dtype": None},
        {"dtype": "F64"},
        {"shape": "1"},
        {"shape": [True]},
        {"shape": [1.0]},
        {"shape": [-1]},
        {"shape": [10**30]},
        {"shape": [2]},
        {"shape": None},
        {"shape": [1] * 100},
        {"shape": [float("inf")]},
        {"data_offsets": [4, 0]},
        {"data_offsets": [0]},
        {"data_offsets": ["0", "4"]},
        {"data_offsets": [0, 4, 8]},
        {"data_offsets": {"0": 4}},
    ],
)
def test_a_field_of_a_wrong_type_or_size_is_one_error(tmp_path: Path, entry: dict[str, object]) -> None:
    whole = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | entry}
    text = json.dumps(whole).encode()
    (tmp_path / "a.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(4))
    message = rejected(tmp_path / "a.safetensors")
    assert "has a broken header" in message
    assert "\n" not in message


def test_tensors_that_pass_are_read_through_few_mappings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, tensors = tmp_path / "many.safetensors", {f"layer{number}": torch.full((4,), number) for number in range(9)}
    save_file({name: tensor.float() for name, tensor in tensors.items()}, path)
    opened: list[Path] = []
    monkeypatch.setattr(safetensors_file, "safe_open", lambda file, **kw: opened.append(file) or safe_open(file, **kw))
    monkeypatch.setattr(safetensors_file, "PASSED", 3 * 16)  # bytes of three of them
    passing = MappedTensors.passing(read_header(path))
    assert all(torch.equal(passing[name], tensor.float()) for name, tensor in tensors.items())
    assert opened == 3 * [path]


def test_a_model_of_many_tensors_is_read_through_few_mappings(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(safetensors_file, "safe_open", lambda file, **kw: opened.append(file) or safe_open(file, **kw))
    load_dit(file, dtype=torch.float32)
    load_dit(file, dtype=torch.bfloat16)
    assert len(opened) <= 4  # one that stays, and one for what is only looked at or converted

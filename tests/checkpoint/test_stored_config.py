"""A config in a file is read only where each value has its field's type and a size that can be meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sora_core.checkpoint import CheckpointError
from sora_core.checkpoint.stored_config import parse_config
from sora_core.models.wan.dit import DiTConfig
from sora_core.models.wan.text_encoder import TextEncoderConfig
from sora_core.models.wan.vae import VAEConfig
from sora_core.tensors.safetensors_file import Header


def header(text: str) -> Header:
    return Header(Path("model.safetensors"), {"sora_config": text}, {}, {}, {})


RIGHT = [(bool, True), (float, 1.5), (float, -1)]


@pytest.mark.parametrize("config_class", [DiTConfig, VAEConfig, TextEncoderConfig])
@pytest.mark.parametrize("value", ["3", True, 1e9, 10**9, -1, 1.5, None, [1], {}, float("nan"), 10**400, "[" * 99])
def test_every_field_of_a_wrong_type_or_size_is_one_error(config_class: Any, value: Any) -> None:
    for name, field in config_class.__dataclass_fields__.items():
        if (type(field.default), value) in RIGHT or value is field.default:
            continue
        with pytest.raises(CheckpointError, match=r"model\.safetensors has no valid"):
            parse_config(header(json.dumps({name: value})), config_class)


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "null", "3", "{", '{"no such": 1}', ""])
def test_what_is_no_config_is_one_error(text: str) -> None:
    with pytest.raises(CheckpointError, match="has no valid DiTConfig") as caught:
        parse_config(header(text), DiTConfig)
    assert "\n" not in str(caught.value)


def test_a_config_is_read() -> None:
    assert parse_config(header('{"dim": 256, "num_heads": 4, "patch_size": [1, 2, 2], "eps": 1e-6}'), DiTConfig) == (
        DiTConfig(dim=256, num_heads=4)
    )

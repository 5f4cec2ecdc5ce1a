"""The names of tensors in LoRA files are split into a layer and a role."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_core.checkpoint import CheckpointError
from sora_core.checkpoint.lora_parts import Part, split_names
from sora_core.tensors.safetensors_file import Header


def header(*names: str) -> Header:
    return Header(Path("style.safetensors"), {}, dict.fromkeys(names, (2, 2)), {}, {})


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a.b.lora_A.weight", Part.DOWN),
        ("a.b.lora_A.any_name.weight", Part.DOWN),
        ("a.b.lora.up.weight", Part.UP),
        ("a.b.lora_magnitude_vector.default.weight", Part.MAGNITUDE),
        ("a.b.dora_scale", Part.DORA_SCALE),
        ("a.b.lokr_w2_b", Part.KRONECKER_2B),
        ("a.b.diff_b", Part.BIAS_DIFFERENCE),
    ],
)
def test_a_name_gives_its_layer_and_its_role(name: str, part: Part) -> None:
    assert split_names(header(name)) == {name: ("a.b", part)}


@pytest.mark.parametrize(("name", "kind"), [("a.oft_blocks", "an OFT"), ("a.lora_mid.weight", "a LoCon")])
def test_a_kind_that_cannot_be_applied_is_named(name: str, kind: str) -> None:
    with pytest.raises(CheckpointError, match=f"an unsupported kind of LoRA .{kind}"):
        split_names(header(name))

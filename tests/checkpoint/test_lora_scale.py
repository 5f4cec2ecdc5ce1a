"""The scale of a LoRA is alpha / rank, from the layer, its pattern or the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_core.checkpoint import CheckpointError
from sora_core.checkpoint.lora_scale import Scaling
from sora_core.tensors.safetensors_file import Header


def test_the_nearest_alpha_counts() -> None:
    scaling = Scaling(8, of_layers={"q": 2})
    assert [scaling.scale("a.q", 4, 1), scaling.scale("a.q", 4, None), scaling.scale("a.k", 4, None)] == [0.25, 0.5, 2]
    assert Scaling().scale("a", 4, None) == 1
    assert Scaling(8, stabilised=True).scale("a", 4, None) == 4


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        '{"lora_alpha": "x"}',
        '{"lora_alpha": NaN}',
        '{"lora_alpha": [1]}',
        f'{{"transformer.lora_alpha": {10**400}}}',
        f'{{"lora_alpha": 4, "alpha_pattern": {{"q": {10**400}}}}}',
    ],
)
def test_a_config_that_is_broken_is_one_error(text: str) -> None:
    header = Header(Path("style.safetensors"), {"lora_adapter_metadata": text}, {}, {}, {})
    with pytest.raises(CheckpointError, match="LoRA config that cannot be read"):
        Scaling.of(header)

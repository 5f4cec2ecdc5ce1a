"""The scale of a LoRA is alpha / rank, from the layer, its pattern or the file."""

from __future__ import annotations

import time
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


def test_of_patterns_that_fit_a_layer_the_first_in_the_file_counts() -> None:
    patterns = {"self_attn.q": 2.0, "q": 3.0, "blocks.1.self_attn.k": 4.0, "k": 5.0}
    scaling, turned = Scaling(of_layers=patterns), Scaling(of_layers=dict(reversed(patterns.items())))
    assert [scaling.scale(f"blocks.1.self_attn.{layer}", 1, None) for layer in "qk"] == [2, 4]
    assert [turned.scale(f"blocks.1.self_attn.{layer}", 1, None) for layer in "qk"] == [3, 5]
    assert scaling.scale("blocks.1.my_q", 7, None) == 1  # a part of a name is no layer


def test_many_patterns_take_linear_time() -> None:
    scaling = Scaling(of_layers={f"blocks.{number}.q": number + 1.0 for number in range(20_000)})
    begin = time.process_time()
    assert [scaling.scale(f"blocks.{number}.q", 1, None) for number in range(0, 20_000, 10)] == [*range(1, 20_001, 10)]
    assert time.process_time() - begin < 1  # 10 s where each layer is compared with each pattern


@pytest.mark.parametrize(
    "pattern",
    [
        r"blocks\\.\\d+\\.attn1\\.to_q",
        r".*\\.to_q",
        r"^blocks.3.attn1.to_q$",
        r"blocks\\.3\\.attn1\\.to_q",
        r"attn[12]\\.(?:to_q|to_k)",
        r"to_(q|k)",
    ],
)
def test_a_pattern_may_be_a_regular_expression_as_in_peft(pattern: str) -> None:
    text = f'{{"transformer.lora_alpha": 4, "transformer.alpha_pattern": {{"{pattern}": 8, "to_q": 2}}}}'
    scaling = Scaling.of(Header(Path("style.safetensors"), {"lora_adapter_metadata": text}, {}, {}, {}))
    layer = "transformer.blocks.3.attn1.to_"
    assert [scaling.scale(layer + name, 4, None) for name in "qv"] == [2, 1]


SLOW = ["(.*)*(a*)*!", "(a+)+b", ".*.*.*.*q", "a*a*a*a*q", "a**"]


@pytest.mark.parametrize("pattern", [*SLOW, "(?=a)", "(", "[", "a{1,9}", "((a))"])
def test_an_expression_that_could_take_for_ever_is_refused(pattern: str) -> None:
    text = f'{{"lora_alpha": 4, "alpha_pattern": {{"{pattern}": 8}}}}'
    with pytest.raises(CheckpointError, match="alpha_pattern"):
        Scaling.of(Header(Path("style.safetensors"), {"lora_adapter_metadata": text}, {}, {}, {}))


def test_the_worst_expressions_that_are_taken_end_soon() -> None:
    patterns = {f"{'.*' * 3}!{number}": 1.0 for number in range(8)}
    scaling, begin = Scaling(of_layers=patterns), time.process_time()
    for number in range(50):
        scaling.scale("a" * 5000 + f".blocks.{number}.attn1.to_q", 4, None)
    assert time.process_time() - begin < 5

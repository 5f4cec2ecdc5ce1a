"""The measures: the rows of each, and the options that it uses."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sora_core.checkpoint import Kind, load_text_encoder, save_checkpoint
from sora_core.evals.__main__ import main
from sora_core.evals.measures import MEASURES, USED_BY
from sora_core.models.captioner import Captioner, CaptionerConfig


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "named", "expected"),
    [
        (
            "resampling",
            "known frames",
            ["per patch", "replacement", "replacement, resampled once", "replacement, resampled twice"],
        ),
        ("permanence", "given", ["until half of it is hidden", "until it is out of sight"]),
        ("connections", "kind", [kind for kind in ("same look", "other look", "loop") for _ in range(4)]),
    ],
)
def test_a_measure_has_a_row_for_each_of_its_ways(
    measure: str, named: str, expected: list[str], tiny_model_folder: Path, tmp_path: Path
) -> None:
    numbers = tmp_path / "numbers.json"
    assert main([measure, "--model", str(tiny_model_folder), "--count", "1", "--json", str(numbers)]) == 0
    rows = json.loads(numbers.read_text())
    assert [row[named] for row in rows] == expected
    assert len({tuple(row) for row in rows}) == 1  # the same columns in each


def test_options_are_used_by_just_the_measures_that_say_so() -> None:
    seen = {name: {word for word in MEASURES if uses(MEASURES[word], name)} for name in USED_BY}
    assert seen == {name: set(measures) for name, measures in USED_BY.items()}


def uses(measure: Callable[..., object], option: str) -> bool:
    """Whether the code of a measure, or of what it calls in its module, reads an option."""
    module, names = vars(inspect.getmodule(measure)), set(measure.__code__.co_names)
    called = [module[name] for name in names if name.startswith("_") and inspect.isfunction(module.get(name))]
    return option in names or any(uses(each, option) for each in called)


def test_captions_need_a_captioner(tiny_model_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["captions", "--model", str(tiny_model_folder), "--count", "1"]) == 2
    assert "expected --captioner FILE" in capsys.readouterr().err


@pytest.mark.slow
def test_captions_are_a_table_of_facts(tiny_model_folder: Path, tmp_path: Path) -> None:
    tokenizer = load_text_encoder(tiny_model_folder / "text_encoder.safetensors").tokenizer
    config = CaptionerConfig(4, 1024, 24, 48, 2, 1, 1, max_tokens=6)
    file, numbers = tmp_path / "captioner.safetensors", tmp_path / "numbers.json"
    words = {"sora_tokenizer": tokenizer.to_json()}
    save_checkpoint(file, Captioner(config, tokenizer), kind=Kind.CAPTIONER, config=config, extra=words)
    command = ["captions", "--model", str(tiny_model_folder), "--captioner", str(file), "--domain", "flat"]
    assert main([*command, "--count", "2", "--shapes", "1", "--json", str(numbers)]) == 0
    rows = json.loads(numbers.read_text())
    assert {row["domain"] for row in rows} == {"flat"}
    assert {"colour", "object"} <= {row["fact"] for row in rows if row["true"]}

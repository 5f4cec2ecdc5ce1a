"""The command line of the evaluations: a table for people, numbers for machines, one line for what is wrong."""

import json
from pathlib import Path

import pytest
import torch

from sora_core.evals.__main__ import main
from sora_core.evals.measures import MEASURES, SPREADS, USED_BY


def test_the_command_prints_a_table_and_writes_numbers(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = tmp_path / "numbers.json"
    arguments = ["reconstruction", "--model", str(tiny_model_folder), "--count", "1", "--shapes", "1"]
    assert main([*arguments, "--json", str(numbers)]) == 0
    (row,) = json.loads(numbers.read_text())
    assert row["size"] == "64x64"
    assert f"{row['PSNR dB']:.3f}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["prompts", "--count", "0"], ["prompts", "--count", "201"], ["prompts", "--shapes", "0"]],
)
def test_a_count_that_is_not_there_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(f"error: {arguments[1]} must be 1 to ")


@pytest.mark.parametrize("measure", list(MEASURES))
def test_an_option_that_a_measure_would_ignore_is_one_line(measure: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"shapes": "1", "steps": "2", "solver": "euler", "domain": "flat", "captioner": "c.safetensors"}
    for name, value in given.items():
        assert main([measure, "--model", "not even looked for", f"--{name}", value]) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        ignored = f"error: --{name} does nothing for {measure}, only for {', '.join(USED_BY[name])}: leave it out"
        assert (line == ignored) == (measure not in USED_BY[name])


def test_an_unknown_measure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["colours"])
    assert stopped.value.code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize("problem", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_too_little_memory_is_one_line(
    problem: Exception, tiny_model_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise problem

    monkeypatch.setattr("sora_core.pipeline.Pipeline.sample_latents", fail)
    assert main(["prompts", "--model", str(tiny_model_folder), "--count", "1"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: out of memory; measure on")


def test_a_missing_model_or_folder_is_one_line(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prompts", "--model", str(tmp_path / "none")]) == 2
    assert main(["prompts", "--model", str(tiny_model_folder), "--json", str(tmp_path / "no" / "x.json")]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len([line for line in errors if line.startswith("error: ")]) == 2


@pytest.mark.parametrize("measure", ["prompts", "reconstruction"])
def test_a_negative_seed_is_one_line(measure: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([measure, "--model", "not even looked for", "--seed", "-1"]) == 2
    assert capsys.readouterr().err.startswith("error: seed must be")


@pytest.mark.parametrize(("problem", "status"), [(FloatingPointError("not finite"), 2), (KeyboardInterrupt(), 130)])
def test_a_measurement_that_ends_early_leaves_a_line_and_no_file(
    tiny_model_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    problem: BaseException,
    status: int,
) -> None:
    def stop(*arguments: object, **options: object) -> None:
        raise problem

    monkeypatch.setattr("sora_core.pipeline.Pipeline.sample_latents", stop)
    numbers = tmp_path / "numbers.json"
    assert main(["prompts", "--model", str(tiny_model_folder), "--count", "1", "--json", str(numbers)]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1].startswith(("error: not finite", "interrupted; nothing"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("measure", ["drift", "seams", "long"])
def test_one_clip_is_refused_where_margins_are_told(measure: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([measure, "--model", "not even looked for", "--count", "1"]) == 2
    captured = capsys.readouterr()
    assert captured.err == f"error: --count must be at least 2 for {measure}, which reports margins, got 1\n"
    assert captured.out == ""


@pytest.mark.parametrize("measure", sorted(set(MEASURES) - set(SPREADS)))
def test_one_clip_is_a_count_for_the_others(measure: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([measure, "--model", "not_there", "--count", "1"]) == 2
    assert "there is no model 'not_there'" in capsys.readouterr().err


@pytest.mark.parametrize("measure", ["drift", "seams", "long"])
def test_two_clips_are_enough_for_margins(measure: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([measure, "--model", "not_there", "--count", "2"]) == 2
    assert "there is no model 'not_there'" in capsys.readouterr().err

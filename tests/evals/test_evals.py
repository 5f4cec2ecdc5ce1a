"""The evaluations: a table for people, numbers for machines, and a judge that tells a good model from a bad one."""

import json
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.diffusion.options import SamplingOptions
from sora_core.evals.__main__ import main
from sora_core.evals.prompts import COLUMNS, generate_clips, prompts_for, score_prompts
from sora_core.evals.reconstruction import psnr, score_reconstruction
from sora_core.pipeline import Pipeline
from sora_core.world import held_out
from tiny import tiny_vae

SMALL = VideoShape(5, 32, 32)


def test_psnr_is_that_of_pixels_in_minus_one_to_one() -> None:
    target = torch.zeros(3, 4, 4)
    assert psnr(target + 0.2, target) == pytest.approx(20.0, abs=1e-4)
    assert psnr(target, target) == pytest.approx(106.0, abs=0.1)  # capped, not infinite


def test_an_untrained_vae_reconstructs_badly() -> None:
    assert score_reconstruction(tiny_vae(), SMALL, fps=8.0, count=4) < 20


def test_an_untrained_model_follows_no_prompt(tiny_model_folder: Path) -> None:
    score = score_prompts(Pipeline.load(tiny_model_folder), SMALL, count=6, sampling=SamplingOptions(steps=2))
    assert score.clips == 6
    assert len(score.shares) == len(COLUMNS)
    assert sum(score.shares) / len(COLUMNS) < 0.5


def test_clips_of_a_seed_are_the_same_again(tiny_model_folder: Path) -> None:
    pipe = Pipeline.load(tiny_model_folder)
    prompts = prompts_for(held_out()[:2], seed=0)
    first, second = (generate_clips(pipe, prompts, SMALL, seed=4, sampling=SamplingOptions(steps=2)) for _ in range(2))
    assert first.shape == (2, 3, *SMALL)
    assert torch.equal(first, second)


@pytest.mark.parametrize("measure", ["richer", "extensions"])
def test_an_untrained_model_scores_badly_on_the_rest(measure: str, tiny_model_folder: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    assert main([measure, "--model", str(tiny_model_folder), "--count", "1", "--json", str(numbers)]) == 0
    rows = json.loads(numbers.read_text())
    if measure == "richer":
        assert sum(row["share"] for row in rows) / len(rows) < 0.5
    else:
        assert [row["direction"] for row in rows] == ["forward", "forward", "backward", "backward"]
        assert max(row["32 frames on"] for row in rows if row["median"] == "error in pixels") > 2


@pytest.mark.parametrize(
    ("measure", "named", "expected"),
    [
        ("resampling", "held", ["per patch", "replace", "replace, 1 jump", "replace, 2 jumps"]),
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

"""Evals that explain a result: their figures are right where the truth is known, and each has a row for every way."""

import json
from pathlib import Path

import pytest
import torch

from sora_core.diffusion.options import SamplingOptions
from sora_core.evals import calibration, history, latents, sizes
from sora_core.evals.__main__ import main
from sora_core.evals.calibration import LEVELS, slope_of
from sora_core.evals.history import slope_within, steps_with_two_calls
from sora_core.evals.latents import FRAMES, split_steps
from sora_core.evals.seams import Steps
from sora_core.world.attributes import Attributes, Shape, held_out


def test_an_estimate_of_half_the_size_has_a_slope_of_two() -> None:
    true = torch.randn(4, 3, 2)
    assert slope_of(true, true / 2 + 5) == pytest.approx(2)
    assert slope_of(true, true) == pytest.approx(1)


def test_what_is_kept_of_sizes_is_told_within_each_shape() -> None:
    wanted: list[Attributes] = [one for one in held_out() if one.shape is not Shape.SQUARE][:40]
    before = torch.rand(40)
    offsets = torch.tensor([10.0 if one.shape is Shape.CIRCLE else 0.0 for one in wanted])
    assert slope_within(before, offsets + 0.7 * before, wanted) == pytest.approx(0.7, abs=1e-4)


def test_history_guidance_takes_part_in_the_steps_above_its_level() -> None:
    assert [steps_with_two_calls(way) for way in history.WAYS] == [0, 4, 7, 7, 11, 19]


def test_steps_between_latent_frames_are_told_from_those_inside() -> None:
    frames = 1 + 4 * 3  # latent frames of one, four, four and four frames
    jumps = torch.tensor([0, *(10.0 * ((at - 1) // 4 + 1) for at in range(1, frames))])[None]
    second = jumps.diff(n=2).abs()
    between, inside = split_steps(Steps(jumps.diff(), jumps.diff(), second), 4)
    assert between == (10, 10, 10)
    assert inside == (0, 0, 0)


@pytest.mark.parametrize(
    ("measure", "column", "expected"),
    [
        ("sizes", "generated with", list(sizes.WAYS)),
        ("history", "steps with two calls", ["0", "1", "1", "1", "1", "2"]),
        ("calibration", "noise level", [f"{level:g}" for level in LEVELS]),
        ("latents", "where", [f"latent frame {at}" for at in range(FRAMES)]),
    ],
)
def test_a_diagnosis_has_a_row_for_each_of_its_ways(
    measure: str,
    column: str,
    expected: list[str],
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = SamplingOptions(steps=2, guidance=1.0)
    for module in (history, calibration):
        monkeypatch.setattr(module, "SAMPLING", few)
    monkeypatch.setattr(sizes, "WAYS", dict.fromkeys(sizes.WAYS, few))
    numbers = tmp_path / "numbers.json"
    assert main([measure, "--model", str(tiny_model_folder), "--count", "2", "--json", str(numbers)]) == 0
    rows = json.loads(numbers.read_text())
    assert [row[column] for row in rows][: len(expected)] == expected
    assert len({tuple(row) for row in rows}) == 1  # the same columns in each


def test_latents_are_measured_in_all_of_a_clip(tiny_model_folder: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    assert main(["latents", "--model", str(tiny_model_folder), "--count", "1", "--json", str(numbers)]) == 0
    rows = json.loads(numbers.read_text())
    assert len(rows) == FRAMES + 2 * len(latents.Steps._fields)

"""Errors of solvers: those on a Gaussian are exact, those on a model are told for every solver of its ODE."""

import json
from pathlib import Path

import pytest
import torch

from sora_core.canvas.abilities import text_to_video
from sora_core.canvas.shapes import LatentShape
from sora_core.diffusion.sampler import NoiseStream, sample
from sora_core.diffusion.schedule import noise_schedule, shifted_sigmas
from sora_core.diffusion.solvers import SOLVERS, EulerAncestral, Heun
from sora_core.evals import solvers
from sora_core.evals.__main__ import main
from sora_core.evals.solvers import DEVIATIONS, MEANS, SAMPLING, Gaussian, gaussian_error, score_on_gaussian, steps_for
from sora_core.pipeline import SamplingOptions

STEPS = 6


def column(values: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(values).view(-1, 1, 1, 1)


@pytest.mark.parametrize("name", SOLVERS)
def test_errors_on_the_gaussian_are_those_of_many_draws(name: str) -> None:
    canvas = text_to_video(LatentShape(len(MEANS), 1, 200, 200))
    stream = NoiseStream.of(canvas.clean.shape, 0)
    noise, guider = stream.current, Gaussian(column(MEANS), column(DEVIATIONS))
    schedule = noise_schedule(shifted_sigmas(STEPS, SAMPLING.shift), canvas.noise_level)
    made = sample(guider, canvas, schedule, noise, fresh=stream, solver=SOLVERS[name])
    exact = column(MEANS) + column(DEVIATIONS) * noise
    error = gaussian_error(SOLVERS[name], STEPS)
    drawn = made.var(dim=(0, 2, 3, 4)) / torch.tensor(DEVIATIONS).square() - 1
    assert error.variance == pytest.approx(drawn.square().mean().sqrt().item(), rel=0.02)
    assert error.mean < 1e-6
    if error.distance is not None:
        assert error.distance == pytest.approx((made - exact).square().mean().sqrt().item(), rel=0.02)


def test_errors_fall_with_model_calls_and_only_stochastic_solvers_have_no_distance() -> None:
    scores = list(score_on_gaussian())
    ode = [name for name in SOLVERS if name != "euler_ancestral"]
    assert [score.solver for score in scores if score.measure == "Gaussian: distance"] == ode
    assert [score.solver for score in scores if score.measure == "Gaussian: mean"] == ["euler_ancestral"]
    assert [score.solver for score in scores if score.measure == "Gaussian: variance"] == list(SOLVERS)
    for score in scores:
        if score.measure != "Gaussian: mean":
            assert list(score.errors) == sorted(score.errors, reverse=True)
            assert score.errors[-1] < score.errors[0] / 2


def test_two_model_calls_of_heun_are_one_step() -> None:
    assert steps_for(Heun(), 25) == 12
    assert steps_for(EulerAncestral(), 25) == 25


@pytest.mark.slow
def test_the_table_has_a_row_for_each_solver_of_the_ode_on_the_model(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solvers, "REFERENCE", SamplingOptions(steps=16, solver=Heun()))
    monkeypatch.setattr(solvers, "MODEL_CALLS", (2, 16))
    numbers = tmp_path / "numbers.json"
    assert main(["solvers", "--model", str(tiny_model_folder), "--count", "2", "--json", str(numbers)]) == 0
    rows = json.loads(numbers.read_text())
    assert {tuple(row) for row in rows} == {("error", "solver", "2 calls", "16 calls")}
    ode = [name for name in SOLVERS if name != "euler_ancestral"]
    for measure in ("model: distance of latents", "model: PSNR dB of frames"):
        assert [row["solver"] for row in rows if row["error"] == measure] == ode
    distances = [row for row in rows if row["error"] == "model: distance of latents"]
    assert all(0 < row["16 calls"] < row["2 calls"] for row in distances)

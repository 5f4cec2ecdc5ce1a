"""Compute: a row for each model and attribute, a curve, and a number for each model or none."""

from __future__ import annotations

import pytest

from claims_fixtures import nothing, value
from sora_core.evals.claims.claim import TRUE, Request
from sora_core.evals.claims.compute import Compute


@pytest.mark.slow
def test_models_stand_beside_one_another_and_beside_true_clips() -> None:
    subjects = [nothing("a"), nothing("b")]
    rows, picture = Compute().measure(subjects, Request(3, compute=(1.0, 4.0), domains=("flat",)))
    means = {row["model"]: value(row["share"]) for row in rows if row["attribute"] == "all, by clip"}
    assert means["a"] == means["b"] < 0.5 < 0.9 < means[TRUE]
    assert {row["compute"] for row in rows} == {"1", "4", ""}
    assert picture.height > 400


@pytest.mark.parametrize("compute", [(), (1.0,), (1.0, 0.0)])
def test_compute_must_be_told_for_each_model(compute: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="expected 2 numbers > 0, one for each model"):
        Compute().measure([nothing("a"), nothing("b")], Request(2, compute=compute, domains=("flat",)))

"""Limits: true clips hardly ever fail, noise always does, and every kind names checks that there are."""

from __future__ import annotations

import random

import pytest
import torch

from claims_fixtures import perfect, value
from sora_core.canvas.shapes import VideoShape
from sora_core.evals.claims import limits
from sora_core.evals.claims.claim import THROUGH_VAE, TRUE, Request
from sora_core.evals.claims.limits import FAILURES, Failure, Limits, has_failed
from sora_core.world import DOMAINS


@pytest.mark.slow
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_true_clips_pass_and_noise_fails(failure: Failure) -> None:
    scene, video = failure.draw(random.Random(1)), VideoShape(17, 128, 128)
    (true,) = DOMAINS[failure.domain].render([scene], video, 8.0)
    assert set(DOMAINS[failure.domain].check(scene, true, 8.0)) & set(failure.checks)
    assert not has_failed(failure, scene, true, 8.0)
    noise = torch.rand(true.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert has_failed(failure, scene, noise, 8.0)


def test_there_are_at_least_five_kinds_of_their_own() -> None:
    assert len({failure.name for failure in FAILURES}) == len(FAILURES) >= 5


@pytest.mark.slow
def test_rates_stand_beside_those_of_true_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FAILURES", FAILURES[4:6])
    rows, picture = Limits().measure([perfect()], Request(2))
    assert [row["failure"] for row in rows] == [failure.name for failure in FAILURES[4:6]]
    assert [value(row[TRUE]) for row in rows] == [value(row[THROUGH_VAE]) for row in rows] == [0, 0]
    assert {row["generated"] for row in rows} == {""}
    assert picture.height > 200

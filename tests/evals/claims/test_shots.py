"""Shots: true objects are the same after the cut, others are told, and so is a clip without a cut."""

from __future__ import annotations

import pytest

from claims_fixtures import perfect, value
from sora_core.evals.claims import shots
from sora_core.evals.claims.claim import THROUGH_VAE, TRUE, Request, Tally
from sora_core.evals.claims.shots import COLUMNS, CUTS, FRAMING, FROZEN, SAME, SWAPPED, SeveralShots, score
from sora_core.world import DOMAINS


@pytest.mark.slow
@pytest.mark.skipif(shots.NAME not in DOMAINS, reason="the world has no clips of several shots")
def test_true_objects_are_the_same_after_the_cut_and_others_are_told() -> None:
    found, picture = SeveralShots().measure([perfect()], Request(4))
    rows = {row["shown"]: row for row in found}
    assert [value(rows[TRUE][column]) for column in COLUMNS] == [1, 1, 1]
    assert {**rows[THROUGH_VAE], "shown": TRUE} == rows[TRUE]
    assert value(rows[FROZEN][CUTS]) == 0
    assert value(rows[SWAPPED][SAME]) < 0.5
    assert picture.width > 1000


def test_checks_of_later_shots_are_sorted_into_columns() -> None:
    tally = Tally(COLUMNS)
    checks = {
        "colour": False,
        "cuts": True,
        "colour of shot 2": True,
        "shape of shot 3": False,
        "framing of shot 2": True,
    }
    score(tally, checks)
    assert tally.values == {CUTS: [1.0], SAME: [0.0], FRAMING: [1.0]}


def test_a_world_without_shots_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shots, "DOMAINS", {"flat": DOMAINS["flat"]})
    with pytest.raises(ValueError, match="got a world of flat, expected one with shots"):
        SeveralShots().measure([perfect()], Request(2))

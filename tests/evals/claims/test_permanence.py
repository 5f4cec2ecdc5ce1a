"""Permanence: true objects come back, frozen ones do not, and time that runs backwards brings no moving object on."""

from __future__ import annotations

import pytest

from claims_fixtures import perfect, value
from sora_core.evals.claims.claim import THROUGH_VAE, TRUE, Request
from sora_core.evals.claims.permanence import BACKWARDS, FROZEN, KINDS, Permanence


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], dict[str, str]]:
    found, picture = Permanence().measure([perfect()], Request(3))
    assert picture.height > 800
    return {(str(row["out of sight"]), str(row["shown"])): {k: str(v) for k, v in row.items()} for row in found}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_true_objects_come_back_and_frozen_ones_do_not(kind: str, rows: dict[tuple[str, str], dict[str, str]]) -> None:
    true, frozen = rows[kind, TRUE], rows[kind, FROZEN]
    assert {**true, "shown": ""} == {**rows[kind, THROUGH_VAE], "shown": ""}
    assert value(true["present"]) == 1
    assert value(true["comes back as itself"]) == 1
    assert value(true["distance from its true place, pixels"]) == 0
    assert value(frozen["present"]) == value(frozen["comes back as itself"]) == 0
    assert frozen["distance from its true place, pixels"] == ""


@pytest.mark.slow
def test_what_comes_back_where_it_was_has_not_moved_on(rows: dict[tuple[str, str], dict[str, str]]) -> None:
    kind = "behind another object"
    assert value(rows[kind, TRUE]["moved on"]) == 1
    assert value(rows[kind, BACKWARDS]["moved on"]) == 0
    assert value(rows[kind, BACKWARDS]["present"]) == 1
    assert value(rows[kind, BACKWARDS]["distance from its true place, pixels"]) > 20

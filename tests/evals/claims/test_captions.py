"""Captions: every model gets terse and detailed prompts, and true clips are the ceiling of both."""

from __future__ import annotations

import pytest

from claims_fixtures import nothing, value
from sora_core.evals.claims.captions import PROMPTS, Captions
from sora_core.evals.claims.claim import TRUE, Request


@pytest.mark.slow
def test_every_model_gets_both_kinds_of_prompts() -> None:
    rows, picture = Captions().measure([nothing("a"), nothing("b")], Request(3, domains=("flat",)))
    assert {(row["prompts"], row["model"]) for row in rows} == {
        (kind, name) for kind in PROMPTS for name in ("a", "b", TRUE)
    }
    shares = {name: [value(row["share"]) for row in rows if row["model"] == name] for name in ("a", TRUE)}
    assert sum(shares["a"]) / len(shares["a"]) < 0.5 < 0.9 < sum(shares[TRUE]) / len(shares[TRUE])
    assert picture.width > 500
    assert picture.height > 3 * 3 * 64  # three scenes of three rows each

"""Interaction: true strokes and bites stay, and what is undone at the end is told."""

from __future__ import annotations

import pytest
import torch

from claims_fixtures import perfect, value
from sora_core.evals.claims.claim import THROUGH_VAE, TRUE, Request
from sora_core.evals.claims.interaction import EXTENSION, FRAMES, PROMPT, WIPED, Interaction, kept


@pytest.mark.slow
def test_true_changes_stay_and_undone_ones_do_not() -> None:
    found, _ = Interaction().measure([perfect()], Request(5))
    rows = {(row["part"], row["kind"], row["shown"]): row for row in found}
    assert {kind for _, kind, _ in rows} == {"stroke", "meal"}
    for part in (PROMPT, EXTENSION):
        for kind in ("stroke", "meal"):
            true, undone = rows[part, kind, TRUE], rows[part, kind, WIPED]
            assert value(true["the change happens"]) == value(true["stays in every frame"]) == 1
            assert value(undone["stays in every frame"]) == 0
            assert {**rows[part, kind, THROUGH_VAE], "shown": TRUE} == true
            if part == EXTENSION:
                assert value(true["changed pixels that are kept"]) > 0.95
                assert value(undone["changed pixels that are kept"]) < 0.05


def test_kept_pixels_are_those_that_stay_as_they_became() -> None:
    clip = torch.full((3, FRAMES + 4, 8, 8), -1.0)
    assert kept(clip) == 0
    clip[:, 5:, :4] = 1
    assert kept(clip) == 1
    clip[:, -1, :, 4:] = 1  # new changes do not matter
    clip[:, -1, :2, :] = -1
    assert kept(clip) == 0.5

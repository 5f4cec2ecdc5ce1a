"""docs/compatibility.md says what a real ComfyUI gives: every cell is measured again (compatibility.py).

Tests nodes/comfy/guiders.py, sampling.py, sounds.py and compressions.py with every family of MODELs.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from integration import programs
from scripts.docs import compatibility
from source_tree import ROOT

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(1800)]  # two minutes of one core

RECORD: dict[str, Any] = json.loads((ROOT / compatibility.RECORD).read_text(encoding="utf-8"))
ANEW = "measure anew: python -m scripts.docs.compatibility COMFYUI"


@pytest.fixture(scope="module")
def measured(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "compatibility", tmp_path_factory.mktemp("compatibility"))


def words(record: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What is said of each cell that is refused, or has no effect."""
    cells = {(name, column): cell for name, row in record["rows"].items() for column, cell in row["cells"].items()}
    return {key: cell.get("refused") or cell.get("no effect") for key, cell in cells.items()}


def test_no_cell_differs_from_the_host_for_no_reason(measured):
    found = compatibility.statuses(measured)
    cells = {(name, column): said for name, row in found.items() for column, said in row.items()}
    assert [key for key, said in cells.items() if said == "differs"] == []


@pytest.mark.parametrize("family", compatibility.FAMILIES)
def test_every_cell_of_the_page_says_what_is_measured(measured, family):
    assert compatibility.statuses(measured)[family] == compatibility.statuses(RECORD)[family], ANEW


def test_what_is_refused_is_refused_with_the_words_of_the_page(measured):
    assert words(measured) == words(RECORD), ANEW


def test_the_page_has_every_class_that_is_taken_and_every_class_that_is_refused(measured):
    assert set(measured["taken"]) == {row["kind"] for row in RECORD["rows"].values() if row["kind"]}, ANEW
    assert measured["refused"] == RECORD["refused"], ANEW


def test_classes_of_models_and_vaes_are_those_of_the_page(measured):
    found, told = (
        {name: (row["kind"], row["class"], row["vae"]) for name, row in record["rows"].items()}
        for record in (measured, RECORD)
    )
    assert found == told, ANEW

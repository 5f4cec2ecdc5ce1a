"""The compatibility page is what its record says: how cells are read, and what a record must have."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest

from scripts.docs import compatibility
from scripts.docs.compatibility import status
from scripts.docs.declared import DocsError
from source_tree import ROOT


@pytest.fixture
def record() -> dict[str, Any]:
    return json.loads((ROOT / compatibility.RECORD).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("SoraLoopVideo", {"apart": 4e-5}, "equal"),
        ("SoraLoopVideo", {"apart": 6e-5}, "differs"),
        ("SoraLoopVideo", {"apart": math.inf}, "differs"),
        ("decoder", {"apart": 1.5e-5}, "equal"),
        ("grid", {"shapes": [[1, 16, 3], [1, 16, 3]]}, "equal"),
        ("grid", {"shapes": [[1, 16, 3], [1, 16, 4]]}, "differs"),
        ("SoraEditVideo", {"apart": 2.0, "design": "levels", "designed": 2e-6}, "ours"),
        ("SoraEditVideo", {"apart": 2.0, "design": "levels", "designed": 0.02}, "differs"),
        ("SoraEditVideo", {"apart": 2e-6, "design": "levels", "designed": 2e-6}, "equal"),
        ("SoraWindows", {"design": "windows", "designed": 6e-5}, "differs"),
        ("SoraWindows", {"refused": "got guides"}, "refused"),
        ("SoraHistoryGuidance", {"no effect": "no effect: why."}, "no effect"),
    ],
)
def test_a_cell_says_what_was_measured(column, cell, said):
    assert status(column, cell) == said


def test_the_page_shows_a_cell_that_differs(record):
    before = compatibility.page(record)
    assert "| differs |" not in before
    record["rows"]["mochi"]["cells"]["SoraLoopVideo"]["apart"] = 0.5
    assert "| differs |" in compatibility.page(record)


def test_words_of_a_refusal_and_the_version_are_on_the_page(record):
    page = compatibility.page(record)
    assert f"ComfyUI {record['comfyui']}" in page
    refused = record["rows"]["wan_2_1_image"]["cells"]["SoraWindows"]["refused"]
    assert refused in " ".join(page.split())
    assert all(name in page for name in record["refused"])


def test_a_family_or_an_ability_that_was_not_measured_is_an_error(record):
    one, two = copy.deepcopy(record), copy.deepcopy(record)
    del one["rows"]["mochi"]
    del two["rows"]["mochi"]["cells"]["SoraLoopVideo"]
    for lacking in (one, two):
        with pytest.raises(DocsError, match="has other families or columns than"):
            compatibility.page(lacking)


def test_errors_are_kept_with_two_digits():
    kept = compatibility.recorded({"comfyui": "0.33.0", "rows": {"a": {"apart": 1.23456e-6, "shapes": [[1], [2]]}}})
    assert kept == {"comfyui": "0.33.0", "rows": {"a": {"apart": 1.2e-6, "shapes": [[1], [2]]}}}


def test_without_arguments_the_command_says_how_it_is_called(capsys):
    assert compatibility.main([]) == 2
    assert "usage: " in capsys.readouterr().err

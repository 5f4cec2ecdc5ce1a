"""The table of cases of timelines that the tests of Python and of JavaScript share, and its grids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sora_core.canvas.time_grid import CausalGrid, FormulaGrid
from sora_core.timeline.clip_timeline import ClipTimeline
from sora_core.timeline.json_form import parse_json_timeline

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "timeline_cases.json").read_text(encoding="utf-8"))
GRIDS = {
    "1+4k": CausalGrid(4),
    "1+8k": CausalGrid(8),
    "17k+5": FormulaGrid("H3", lambda n: (n - 2) // 5 * 17 + 5, lambda f: (f - 5) // 17 * 5 + 2, (1, 4, 4, 4, 4)),
}


def cases(name: str) -> Any:
    """Runs a test for each case of this name."""
    return pytest.mark.parametrize("case", CASES[name], ids=lambda case: case.get("name"))


def timeline_of(values: Any) -> ClipTimeline:
    """The timeline of JSON values."""
    return parse_json_timeline(json.dumps(values))

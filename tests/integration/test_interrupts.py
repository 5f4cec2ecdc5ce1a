"""In every phase of a run ComfyUI's interrupt comes through within a chunk, and leaves no file (interrupts.py).

Tests nodes/comfy/progress.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

MOST_MORE = {  # chunks after the one that runs; packets are read a chunk of frames ahead
    "read": 1,
    "encode a film": 1,
    "encode images": 1,
    "sample": 0,
    "sample in windows": 0,
    "decode": 1,
    "decode to a file": 1,
    "join": 0,
    "join to a file": 1,
    "write": 1,
    "fit masks": 1,
}


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "interrupts", tmp_path_factory.mktemp("interrupts"))


@pytest.mark.parametrize(("phase", "most"), MOST_MORE.items())
def test_a_phase_ends_within_a_chunk_and_leaves_no_file(report, phase, most):
    found = report[phase]
    assert found["whole"] > 5
    assert found["more"] <= most
    assert found["files"] == []


def test_every_phase_is_interrupted(report):
    assert set(report) == set(MOST_MORE)

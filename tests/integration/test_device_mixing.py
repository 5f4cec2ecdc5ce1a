"""The core on a graphics card that is pretended: nothing there meets what lies on the CPU (device_mixing.py)."""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 1e-4  # of the spread
ONE_LEVEL = 0.03  # one of 255, where bytes are rounded


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    found = programs.report(installation, "device_mixing", tmp_path_factory.mktemp("devices"))
    if found == "none":
        pytest.skip("ComfyUI's torch is built for CPUs alone")
    return found


def test_every_part_of_the_core_stays_on_its_device_and_gives_what_the_cpu_gives(report):
    errors = {name: error for name, error in report.items() if name != "control"}
    assert len(errors) == 23
    for name, error in errors.items():
        assert error < (ONE_LEVEL if name == "frames" else ROUNDING), name


def test_what_does_meet_is_noticed(report):
    assert "on the card and" in report["control"]

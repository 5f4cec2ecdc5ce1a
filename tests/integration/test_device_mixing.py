"""On a graphics card that is pretended nothing meets what lies on the CPU: device_mixing.py, native_card.py."""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 1e-4  # of the spread
ONE_LEVEL = 0.03  # one of 255, where bytes are rounded


def found_by(program: str, installation, tmp_path_factory) -> dict[str, Any]:
    found = programs.report(installation, program, tmp_path_factory.mktemp(program))
    if found == "none":
        pytest.skip("ComfyUI's torch is built for CPUs alone")
    return found


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return found_by("device_mixing", installation, tmp_path_factory)


def test_every_part_of_the_core_stays_on_its_device_and_gives_what_the_cpu_gives(report):
    errors = {name: error for name, error in report.items() if name not in ("control", "waits")}
    assert len(errors) == 25 + 15  # all; those that differ by replacement, once more
    for name, error in errors.items():
        assert error < (ONE_LEVEL if name == "frames" else ROUNDING), name


@pytest.fixture(scope="module")
def in_comfyui(installation, tmp_path_factory) -> dict[str, Any]:
    return found_by("native_card", installation, tmp_path_factory)


@pytest.mark.parametrize("loaded", ["all", "part"])
def test_our_nodes_in_comfyui_give_there_what_they_give_on_the_cpu(in_comfyui, loaded):
    assert len(in_comfyui) == 2 * 12
    for name, ways in in_comfyui.items():
        assert ways[loaded]["error"] < ROUNDING, name
        assert ways[loaded]["computed"] > 100, name


def test_no_step_of_sampling_waits_for_the_card(report):
    few, many = report["waits"]
    assert few == many > 0


def test_what_does_meet_is_noticed(report):
    assert "on the card and" in report["control"]

"""Long clips for VAEs of ComfyUI that are not ours, encoded part by part to the latents of the whole (clip_parts.py).

Tests nodes/comfy/clip_parts.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 1e-5
IN_PARTS = {"ltxv", "ltx_2", "minimax_h3", "tae_minimax_h3"}


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "clip_parts", tmp_path_factory.mktemp("parts"))


@pytest.mark.parametrize("name", sorted(IN_PARTS))
def test_parts_give_the_latents_of_the_whole(report, name):
    lengths = {int(frames): found for frames, found in report[name].items() if frames.isdigit()}
    for frames, found in lengths.items():
        assert found["off"] < ROUNDING
        assert found["bar"][-1] == frames
        assert found["bar"] == sorted(set(found["bar"]))
    assert len(lengths[max(lengths)]["bar"]) > 1


def test_what_sees_all_of_a_clip_or_is_not_known_is_encoded_whole(report):
    assert {name for name, found in report.items() if found["in parts"]} == IN_PARTS


def test_memory_does_not_grow_with_the_clip(report):
    """320 frames of 128x128 take 63 MB; whole, they are held twice or more."""
    assert report["ltxv"]["whole"] > 120
    assert report["ltxv"]["parts"] < 60

"""Attention and blocks that core nodes replace, replaced in our transformer too (native_patches.py).

Tests nodes/comfy/model.py and nodes/comfy/attention.py: the places in which the host's patches and kernels take hold.
"""

from __future__ import annotations

from typing import Any

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 5e-5  # of the spread of the latents, after three steps in float32


@pytest.fixture(scope="module")
def report(installation, tmp_path_factory) -> dict[str, Any]:
    return programs.report(installation, "native_patches", tmp_path_factory.mktemp("patches"))


def test_another_attention_is_asked_for_as_often_as_by_the_host(report):
    same, half = report["attention times 1.0"], report["attention times 0.5"]
    assert report["plain"] < ROUNDING
    assert same["calls"][0] == same["calls"][1] > 0
    assert max(same["apart"], same["change"], half["apart"]) < ROUNDING
    assert half["change"] > 0.01


def test_skip_layer_guidance_skips_our_blocks(report):
    assert report["layers skipped"]["apart"] < ROUNDING
    assert report["layers skipped"]["change"] > 0.01


def test_the_host_rotates_channels_by_our_matrices_as_we_do(report):
    found = report["rotation"]
    assert found["apart"] <= 2**-8  # one rounding of bfloat16
    assert found["change"] > 1


def test_a_rotation_of_the_host_is_taken_where_it_has_a_kernel_for_it(report):
    ours = dict.fromkeys(("turned off", "not built", "older"), "apply_rope")
    assert report["rotation"]["taken"] == {"there": "rotate_by_kernel", **ours}

"""The two experts of Wan 2.2 A14B, one after the other in core samplers, are those of the core (two_experts.py)."""

from __future__ import annotations

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROUNDING = 5e-5  # of the spread of the latents, after four steps in float32


def test_two_models_in_core_samplers_are_the_experts_of_the_core(installation, tmp_path):
    found = programs.report(installation, "two_experts", tmp_path)
    assert found["host"] < ROUNDING
    assert found["ours"] < ROUNDING
    assert found["one"] > 0.1

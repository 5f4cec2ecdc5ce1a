"""LoRA files change our weights as ComfyUI's own loader changes those of a MODEL (lora_parity.py).

Tests sora_core/checkpoint/lora_delta.py against the host.
"""

from __future__ import annotations

import pytest

from integration import programs

pytestmark = [pytest.mark.live, pytest.mark.slow]


def test_every_kind_of_lora_gives_the_weights_that_the_host_makes_of_it(installation, tmp_path_factory):
    report = programs.report(installation, "lora_parity", tmp_path_factory.mktemp("loras"))
    assert len(report) == 16
    for kind, found in report.items():
        assert found["apart"] <= 1e-5, kind
        assert found["change"] > 0.05, kind

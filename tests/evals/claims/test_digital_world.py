"""Digital world: the true rollout follows the rules to its end, and one that stands still does not."""

from __future__ import annotations

import pytest

from claims_fixtures import perfect, value
from sora_core.evals.claims.claim import THROUGH_VAE, TRUE, Request
from sora_core.evals.claims.digital_world import FROZEN, DigitalWorld


@pytest.mark.slow
def test_true_rollouts_follow_the_rules_and_frozen_ones_do_not() -> None:
    found, picture = DigitalWorld().measure([perfect()], Request(4))
    rows = {row["shown"]: row for row in found}
    assert list(rows) == [TRUE, THROUGH_VAE, FROZEN]
    assert value(rows[TRUE]["by the rules to the end"]) == 1
    assert value(rows[TRUE]["seconds by the rules"]) == 4
    assert rows[TRUE]["PSNR dB, all new frames"] == ""  # of a clip with itself
    assert value(rows[FROZEN]["by the rules to the end"]) < 0.5
    assert value(rows[FROZEN]["seconds by the rules"]) < 3
    assert 5 < value(rows[FROZEN]["PSNR dB, all new frames"]) < 30
    assert picture.width > 1000

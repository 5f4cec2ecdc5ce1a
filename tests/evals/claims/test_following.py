"""Following: true clips follow their prompts, grey ones follow none, and both get the same prompts."""

from __future__ import annotations

import pytest

from claims_fixtures import nothing
from sora_core.canvas.shapes import VideoShape
from sora_core.evals.claims.following import chosen_domains, follow
from sora_core.world import DOMAINS, Style

SMALL = VideoShape(9, 64, 64)


@pytest.mark.slow
def test_true_clips_follow_their_prompts_and_grey_ones_do_not() -> None:
    true, grey = (
        follow(subject, DOMAINS["flat"], SMALL, styles=(Style.RICH,), count=6, seed=1) for subject in (None, nothing())
    )
    assert true.prompts == grey.prompts
    assert sum(true.overall) / len(true.overall) > 0.9
    assert sum(grey.overall) / len(grey.overall) < 0.4
    assert true.clips.shape == grey.clips.shape == (6, 3, *SMALL)


def test_domains_are_chosen_by_name() -> None:
    assert [domain.name for domain in chosen_domains(("game", "flat"))] == ["game", "flat"]
    assert len(chosen_domains(())) == len(DOMAINS)
    with pytest.raises(ValueError, match="got the domain 'clouds', expected some of solids"):
        chosen_domains(("clouds",))

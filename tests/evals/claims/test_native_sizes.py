"""Native sizes: true objects are whole in every shape, and what a crop cuts off is told."""

from __future__ import annotations

import random

import pytest

from claims_fixtures import nothing, value
from sora_core.canvas.shapes import VideoShape
from sora_core.evals.claims.claim import TRUE, Request
from sora_core.evals.claims.native_sizes import DRAWS, NativeSizes, is_whole
from sora_core.world import DOMAINS


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWS)
def test_objects_of_true_clips_are_whole_and_those_of_crops_are_not(name: str) -> None:
    rng, video = random.Random(0), VideoShape(3, 96, 160)
    scenes = [DRAWS[name](rng) for _ in range(6)]
    clips = DOMAINS[name].render(scenes, video, 8.0)
    assert sum(is_whole(*pair) for pair in zip(scenes, clips, strict=True)) >= 5
    cut = clips[..., 40:, 60:100]
    assert sum(is_whole(*pair) for pair in zip(scenes, cut, strict=True)) <= 1


@pytest.mark.slow
def test_two_models_are_compared_at_three_sizes() -> None:
    rows, picture = NativeSizes().measure([nothing("native"), nothing("square")], Request(3))
    assert [row["size"] for row in rows[::3]] == ["128x128", "160x96", "96x160"]
    assert [row["model"] for row in rows[:3]] == ["native", "square", TRUE]
    assert all(value(row["whole object"]) == (row["model"] == TRUE) for row in rows)
    assert picture.height > 800


def test_a_domain_without_single_objects_is_refused() -> None:
    with pytest.raises(ValueError, match="got the domains game, expected some of solids, flat"):
        NativeSizes().measure([nothing()], Request(2, domains=("game",)))

"""Transitions are whole latents, with a latent or more before them, two or more between, and one or more after."""

import random

import pytest

from sora_core.world.spans import draw_span, shortest_transition


def test_every_place_of_a_transition_is_drawn() -> None:
    rng = random.Random(0)
    assert {draw_span(17, 4, rng) for _ in range(200)} == {(0, 9), (0, 13), (4, 13)}


def test_a_clip_without_room_for_a_transition_is_refused() -> None:
    assert shortest_transition(4) == 13
    assert draw_span(13, 4, random.Random(0)) == (0, 9)
    with pytest.raises(ValueError, match="got 12 frames for a transition, expected at least 13"):
        draw_span(12, 4, random.Random(0))

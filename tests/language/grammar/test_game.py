"""Scenes of the game domain in words: captions are read exactly, and what cannot be is refused by name."""

from __future__ import annotations

from functools import partial

import pytest

from scene_reading import expand_in, read_in
from sora_core.language.facts import Fact, Kind
from sora_core.language.grammar import game
from sora_core.language.grammar.tags import OutsideError

read, expand = partial(read_in, "game"), partial(expand_in, "game")


@pytest.mark.parametrize(
    "prompt",
    [
        "player jumps",
        "pixel game",
        "a hero in a cave with lava",
        "blue player walks right, then digs away a crate on its right",
        "player walks left until a wall stops it",
        "side view, clouds, player picks up a gem",
        "desert seen from above",
    ],
)
def test_a_partial_prompt_keeps_what_it_says(prompt):
    assert read(prompt) <= read(expand(prompt))


def test_the_player_does_nothing_more_than_it_is_told():
    assert Fact(Kind.COUNT, "1", "deeds") in read(expand("red player walks left in a desert"))


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("side view, player walks up", "no player does this in this view"),
        ("a player on a meadow with lava", "mist and lava are in caves"),
        ("a cave with a pond, player walks left", "no clouds and ponds"),
        ("player jumps, then walks left, then jumps, then walks right", "at most 3 things"),
        ("a red player and a blue player", "cannot be both red and blue"),
        ("player jumps, then jumps", "does not jump and then the same again"),
        ("seen from above, player walks up, then walks up", "does not walk up and then the same again"),
    ],
)
def test_what_no_level_has_is_refused(prompt, why):
    with pytest.raises(OutsideError, match=why):
        expand(prompt)


def test_only_levels_with_all_that_is_named_are_played_on(monkeypatch):
    drawn, played = [], []
    start, on = game.sample_start, game.extended
    monkeypatch.setattr(game, "sample_start", lambda *given: drawn.append(start(*given)) or drawn[-1])
    monkeypatch.setattr(game, "extended", lambda scene, *given: played.append(scene) or on(scene, *given))
    expand("seen from above, bushes, a pond, player walks left")
    assert {frozenset(feature.name for feature in scene.features) for scene in played} == {
        frozenset(("BUSHES", "POND"))
    }
    assert len(drawn) > len(played)

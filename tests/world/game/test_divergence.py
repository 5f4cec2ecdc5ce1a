"""A true clip follows its rules to the end; one that breaks them is followed up to there."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.game import (
    Act,
    Action,
    Attributes,
    Direction,
    Divergence,
    Look,
    Scene,
    Theme,
    Tile,
    View,
    divergence,
)
from sora_core.world.game.divergence import tile_errors
from sora_core.world.game.reading import UNKNOWN
from sora_core.world.game.renderer import render
from sora_core.world.game.scenes import sample_scene

from .levels import level

FPS = 8.0
WANTED = Attributes(View.TOP, Theme.MEADOW, Colour.RED, Act.PLACE, Direction.RIGHT)
LOOK = Look(View.TOP, Theme.MEADOW, Colour.RED)


def scene(seed: int = 0) -> Scene:
    return sample_scene(WANTED, random.Random(seed), 8)


def clip_of(played: Scene, frames: int = 33) -> torch.Tensor:
    return render([played], VideoShape(frames, 128, 128), FPS)[0]


@pytest.mark.parametrize("seed", range(5))
def test_a_true_clip_follows_the_rules_to_its_end(seed: int) -> None:
    played = scene(seed)
    assert divergence(clip_of(played), FPS, LOOK, played.actions) == Divergence(8, 8)


def test_a_frozen_clip_diverges_with_the_first_action_that_shows() -> None:
    played = scene()
    frozen = clip_of(played)[:, :1].expand(-1, 33, -1, -1)
    first = next(tick for tick, action in enumerate(played.actions) if action is not Action.STAND)
    assert divergence(frozen, FPS, LOOK, played.actions) == Divergence(first, 8)


def test_a_clip_that_freezes_is_followed_up_to_there() -> None:
    walk = sample_scene(WANTED._replace(act=Act.WALK), random.Random(1), 8)
    clip = clip_of(walk)
    clip[:, 9:] = clip[:, 8:9]
    found = divergence(clip, FPS, LOOK, walk.actions)
    assert (found.followed, found.seconds) == (2, 1.0)


def test_wrong_tiles_count_as_much_as_is_asked() -> None:
    played = scene()
    clip = clip_of(played)
    clip[:, 13:, :16, :16] = -1
    assert divergence(clip, FPS, LOOK, played.actions).followed == 3
    assert divergence(clip, FPS, LOOK, played.actions, wrong_tiles=1).followed == 8


def test_a_clip_without_a_player_cannot_be_followed() -> None:
    nothing = divergence(torch.zeros(3, 17, 64, 64), FPS, LOOK, [])
    assert nothing == Divergence(None, 4)
    assert nothing.seconds is None


def test_tiles_are_compared_where_they_are_in_sight() -> None:
    state = level(View.TOP, Direction.LEFT, "@x.", "...")
    grid = torch.tensor([[Tile.EMPTY.value, UNKNOWN, Tile.EMPTY.value], [Tile.EMPTY.value] * 3])
    assert tile_errors(grid, state) == 0
    grid[0, 1] = Tile.EMPTY.value
    assert tile_errors(grid, state) == 1

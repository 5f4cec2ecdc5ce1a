"""Frames of the game: any size and frame rate, exact tiles, and the player at its exact place."""

import random
from dataclasses import replace

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.game import TICK, Act, Attributes, Direction, Scene, Theme, Tile, View
from sora_core.world.game.motion import truth
from sora_core.world.game.renderer import Window, render, window
from sora_core.world.game.scenes import sample_scene
from sora_core.world.game.sprites import player_sprite, tile_atlas

FPS = 8.0
WANTED = Attributes(View.SIDE, Theme.MEADOW, Colour.RED, Act.WALK, Direction.RIGHT)


def scene(wanted: Attributes = WANTED, seed: int = 0) -> Scene:
    return sample_scene(wanted, random.Random(seed), 4)


@pytest.mark.parametrize(("height", "width"), [(128, 128), (96, 160), (160, 96)])
def test_tiles_of_the_training_sizes_lie_on_the_grid_of_sixteen_pixels(height: int, width: int) -> None:
    tile, top, left = window(height, width)
    assert (tile, top % 16, left % 16) == (16, 0, 0)


def test_tiles_grow_with_the_frame() -> None:
    assert window(256, 256) == Window(32, -128, -128)
    assert window(480, 832).tile == 80
    assert window(8, 8).tile == 4


@pytest.mark.parametrize("video", [VideoShape(3, 7, 9), VideoShape(1, 40, 300), VideoShape(2, 300, 40)], ids=str)
def test_any_size_renders(video: VideoShape) -> None:
    clips = render([scene(), scene(WANTED._replace(view=View.TOP))], video, FPS)
    assert clips.shape == (2, 3, *video)
    assert clips.dtype is torch.float32
    assert -1 <= float(clips.min()) < float(clips.max()) <= 1


def test_a_frame_is_the_tiles_and_the_player_at_the_exact_place() -> None:
    walk = scene()
    (clip,) = render([walk], VideoShape(4, 128, 128), FPS)
    tile, top, left = window(128, 128)
    atlas, moment = tile_atlas(View.SIDE, Theme.MEADOW, tile), truth(walk, 2 / FPS)
    y, x = round(top + moment.row * tile), round(left + moment.column * tile)
    sprite = player_sprite(Colour.RED, moment.facing, moment.striding, tile)
    shown = clip[:, 2, y : y + tile, x : x + tile] / 2 + 0.5
    assert torch.allclose((shown * sprite[3:]), sprite[:3], atol=1e-5)
    ground = clip[:, 2, 112:, :16] / 2 + 0.5
    assert torch.allclose(ground, atlas[Tile.DIRT.value], atol=1e-5)


def test_a_clip_does_not_depend_on_its_batch_or_on_its_length() -> None:
    walk, other = scene(), scene(WANTED._replace(act=Act.DIG, direction=Direction.DOWN))
    both = render([other, walk], VideoShape(9, 64, 64), FPS)
    assert torch.equal(both[1], render([walk], VideoShape(17, 64, 64), FPS)[0, :, :9])


def test_twice_the_frame_rate_shows_the_same_moments() -> None:
    walk = scene()
    slow, fast = render([walk], VideoShape(5, 64, 64), 4.0), render([walk], VideoShape(9, 64, 64), 8.0)
    assert torch.equal(slow, fast[:, :, ::2])


def test_only_the_player_differs_between_frames_of_a_walk() -> None:
    walk = scene()
    (clip,) = render([walk], VideoShape(17, 128, 128), FPS)
    tile, top, _ = window(128, 128)
    changed = (clip != clip[:, :1]).any(dim=0).any(dim=0).any(dim=1).nonzero().flatten()
    row = top + walk.start.row * tile
    assert row <= int(changed.min()) <= int(changed.max()) < row + tile


def test_beyond_the_grid_its_edge_goes_on() -> None:
    (clip,) = render([scene()], VideoShape(1, 64, 640), FPS)
    assert torch.equal(clip[:, 0, -24:, :24], clip[:, 0, -24:, 24:48])


def test_the_still_at_a_tick_shows_the_state_of_the_rules() -> None:
    dig = scene(WANTED._replace(act=Act.DIG))
    length = len(dig.actions)
    (clip,) = render([dig], VideoShape(1 + 4 * (length + 1), 64, 64), FPS)
    (still,) = render([replace(dig, start=dig.states(length)[-1], actions=())], VideoShape(1, 64, 64), FPS)
    assert torch.equal(clip[:, round(length * TICK * FPS)], still[:, 0])

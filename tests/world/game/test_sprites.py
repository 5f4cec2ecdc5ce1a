"""Sprites: every tile has one in every look, they can be told apart, and they keep their look at any size."""

import itertools

import pytest
import torch

from sora_core.world import Colour
from sora_core.world.game import Direction, Theme, Tile, View
from sora_core.world.game.reading import SHOWN
from sora_core.world.game.sprites import ART, DRAWINGS, PLAYER, STRIDE, player_sprite, resized, tile_atlas

LOOKS = list(itertools.product(View, Theme))


@pytest.mark.parametrize("drawing", [*DRAWINGS.values(), *PLAYER.values(), (STRIDE,) * ART])
def test_a_drawing_has_eight_rows_of_eight_letters(drawing: tuple[str, ...]) -> None:
    assert [len(row) for row in drawing] == [ART] * ART


@pytest.mark.parametrize(("view", "theme"), LOOKS)
def test_the_tiles_of_a_view_differ_clearly(view: View, theme: Theme) -> None:
    atlas = tile_atlas(view, theme, ART)
    assert atlas.shape == (len(Tile), 3, ART, ART)
    for one, other in itertools.combinations(SHOWN[view], 2):
        assert float((atlas[one.value] - atlas[other.value]).square().mean().sqrt()) > 0.03, (one, other)


def test_the_ground_of_each_look_differs_from_that_of_the_others() -> None:
    grounds = [tile_atlas(*look, ART)[Tile.EMPTY.value].mean(dim=(1, 2)) for look in LOOKS]
    for one, other in itertools.combinations(grounds, 2):
        assert float((one - other).norm()) > 0.08


@pytest.mark.parametrize("facing", Direction)
def test_a_player_has_its_colour_and_a_size_of_one_tile(facing: Direction) -> None:
    sprite = player_sprite(Colour.PINK, facing, False, ART)
    body = (sprite[:3] - torch.tensor(Colour.PINK.rgb)[:, None, None]).abs().amax(dim=0) < 1e-6
    assert sprite.shape == (4, ART, ART)
    assert body.float().mean() > 0.35
    assert sprite[3].mean() > 0.8


def test_left_is_the_mirror_image_of_right() -> None:
    left, right = (player_sprite(Colour.RED, facing, True, 16) for facing in (Direction.LEFT, Direction.RIGHT))
    assert torch.equal(left, right.flip(2))


@pytest.mark.parametrize("size", [4, 8, 12, 16, 20])
def test_the_mean_colour_is_the_same_at_any_size(size: int) -> None:
    art = torch.rand(2, 3, ART, ART, generator=torch.Generator().manual_seed(0))
    small = resized(art, size)
    assert small.shape == (2, 3, size, size)
    assert torch.allclose(small.mean(dim=(2, 3)), art.mean(dim=(2, 3)), atol=1e-5)


def test_at_twice_the_size_each_letter_is_two_by_two_pixels() -> None:
    art = torch.rand(1, 3, ART, ART, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(resized(art, 2 * ART), art.repeat_interleave(2, 2).repeat_interleave(2, 3))

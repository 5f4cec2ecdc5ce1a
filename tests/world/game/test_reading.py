"""The reader finds the look, the tiles and the player in frames, also in soft and noisy ones."""

import random

import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.game import Scene, Tile, View, read_grid, read_look, read_player, read_state
from sora_core.world.game.attributes import all_combinations
from sora_core.world.game.motion import truth
from sora_core.world.game.reading import SHOWN, UNKNOWN, Look, Track, cells
from sora_core.world.game.renderer import render
from sora_core.world.game.scenes import sample_scene

FPS = 8.0
SIZES = [(128, 128), (96, 160), (160, 96), (90, 200)]


def scenes(count: int) -> list[Scene]:
    rng = random.Random(3)
    return [sample_scene(wanted, rng, 8) for wanted in rng.choices(all_combinations(), k=count)]


def look(scene: Scene) -> Look:
    return Look(scene.wanted.view, scene.wanted.theme, scene.wanted.player)


def softened(clip: torch.Tensor) -> torch.Tensor:
    half = avg_pool2d(clip.transpose(0, 1), 2)
    soft = interpolate(half, scale_factor=2, mode="bilinear").transpose(0, 1)
    return soft + 0.05 * torch.randn(soft.shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.slow
@pytest.mark.parametrize("soft", [False, True], ids=["sharp", "soft"])
def test_the_look_is_read_from_the_first_frame(soft: bool) -> None:
    for index, scene in enumerate(scenes(40)):
        (clip,) = render([scene], VideoShape(1, *SIZES[index % 3]), FPS)
        assert read_look(softened(clip) if soft else clip) == look(scene)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "soft"), [(size, False) for size in SIZES] + [(size, True) for size in SIZES[:3]])
def test_the_player_is_found_where_it_is_in_every_frame(size: tuple[int, int], soft: bool) -> None:
    for scene in scenes(8):
        (clip,) = render([scene], VideoShape(33, *size), FPS)
        track = read_player(softened(clip) if soft else clip, scene.wanted.player)
        assert bool(track.found.all())
        for frame in range(33):
            moment = truth(scene, frame / FPS)
            assert float(track.row[frame]) == pytest.approx(moment.row, abs=0.2)
            assert float(track.column[frame]) == pytest.approx(moment.column, abs=0.2)
            if not soft:
                assert track.facing[frame] is moment.facing


def test_a_frame_without_the_player_has_none() -> None:
    (scene,) = scenes(1)
    (clip,) = render([scene], VideoShape(1, 128, 128), FPS)
    track = read_player(clip, scene.wanted.player)
    empty = clip.clone()
    empty[:] = clip[:, :, :1, :1]
    assert bool(track.found)
    assert not bool(read_player(empty, scene.wanted.player).found)
    assert not bool(read_player(torch.zeros_like(clip), Colour.RED).found)


@pytest.mark.slow
def test_the_grid_is_read_in_every_frame_but_for_what_the_player_hides() -> None:
    for scene in scenes(6):
        (clip,) = render([scene], VideoShape(33, 128, 128), FPS)
        track = read_player(clip, scene.wanted.player)
        grids = read_grid(clip, scene.wanted.view, scene.wanted.theme, track)
        for frame in range(33):
            asked = torch.tensor([[tile.value for tile in row] for row in truth(scene, frame / FPS).grid])
            known = grids[frame] != UNKNOWN
            assert torch.equal(grids[frame][known], asked[known])
            assert 60 <= int(known.sum()) <= 64


def test_out_of_sight_nothing_is_known() -> None:
    (scene,) = scenes(1)
    (clip,) = render([scene], VideoShape(1, 96, 160), FPS)
    known = read_grid(clip, scene.wanted.view, scene.wanted.theme)[0] != UNKNOWN
    assert known.any(dim=1).nonzero().flatten().tolist() == list(range(5, 11))
    assert known.any(dim=0).nonzero().flatten().tolist() == list(range(3, 13))


@pytest.mark.parametrize("size", SIZES[:3], ids=str)
def test_the_state_of_the_first_frame_is_that_of_the_rules(size: tuple[int, int]) -> None:
    for scene in scenes(12):
        (clip,) = render([scene], VideoShape(1, *size), FPS)
        state = read_state(clip[:, 0], look(scene))
        assert state is not None
        assert (state.row, state.column, state.facing) == (scene.start.row, scene.start.column, scene.start.facing)
        seen = cells(clip)
        rows = range(seen.row, seen.row + seen.pixels.shape[2] // 8)
        columns = range(seen.column, seen.column + seen.pixels.shape[3] // 8)
        for row in rows:
            for column in columns:
                assert state.tile(row, column) is scene.start.tile(row, column), (row, column)


def test_a_frame_without_a_player_has_no_state() -> None:
    assert read_state(torch.zeros(3, 64, 64), look(scenes(1)[0])) is None


def test_a_frame_smaller_than_a_tile_is_refused() -> None:
    with pytest.raises(ValueError, match="no whole tile"):
        cells(torch.zeros(3, 1, 2, 2))


def test_a_lost_player_hides_nothing() -> None:
    (scene,) = scenes(1)
    (clip,) = render([scene], VideoShape(1, 128, 128), FPS)
    nobody = Track(torch.zeros(1), torch.zeros(1), (scene.start.facing,), torch.tensor([False]))
    assert int((read_grid(clip, scene.wanted.view, scene.wanted.theme, nobody) == UNKNOWN).sum()) == 256 - 64


def test_each_view_shows_the_tiles_that_its_levels_have() -> None:
    assert set(SHOWN[View.SIDE]) | set(SHOWN[View.TOP]) == set(Tile)
    for scene in scenes(100):
        shown = {tile for state in scene.states(12) for row in state.grid for tile in row}
        assert shown <= set(SHOWN[scene.wanted.view])

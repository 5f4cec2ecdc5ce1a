"""The truth of a scene agrees with its pictures: landmarks are where tiles meet, and objects hide them."""

import math
import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.solids import (
    Camera,
    CameraState,
    Floor,
    Motion,
    Scene,
    Shape,
    Sky,
    Solid,
    SolidState,
    render,
    sample_scene,
    tile_corners,
    views_at,
)
from sora_core.world.solids.scenes import TILE
from sora_core.world.solids.truth import truth_of

VIDEO = VideoShape(1, 192, 192)
PATHS = [
    CameraState(Camera.STILL, 5.0, 5.0),
    CameraState(Camera.ORBIT_LEFT, 5.0, 5.0, rate=-0.6),
    CameraState(Camera.IN, 7.0, 4.0),
    CameraState(Camera.AWAY_RIGHT, 5.0, 5.0, away=0.9),
]


TILES = [(0.7, 1.1, 0.35), (0.1, 3.0, 0.8), (2.5, 0.4, 1.4)]


def scene(path: CameraState, *objects: SolidState, tiles: tuple[float, float, float] = TILES[0]) -> Scene:
    return Scene(objects, Floor.STONE, Sky.DAY, path, tiles)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.camera.name)
def test_the_tones_of_the_tiles_alternate_around_every_landmark(path: CameraState) -> None:
    checked = 0
    for tiles in TILES:
        one = scene(path, tiles=tiles)
        truth = truth_of(one, 0.75)
        shown = render([one], VideoShape(7, VIDEO.height, VIDEO.width), 8.0)[0, 0, 6]
        along = 0.3 * torch.tensor([math.cos(tiles[2]), 0.0, math.sin(tiles[2])])
        across = torch.stack([-along[2], along[1], along[0]])
        for corner in tile_corners(one, 5.0):
            around = torch.stack([corner + a * along + b * across for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))])
            pixels, depths = truth.project(around, VIDEO)
            if float(depths.max()) < 6 and bool(truth.seen(around, VIDEO).all()):
                tones = [float(shown[int(y), int(x)]) for y, x in pixels.tolist()]
                assert min(tones[::2]) > max(tones[1::2]) or max(tones[::2]) < min(tones[1::2])
                checked += 1
    assert checked >= 4


def test_landmarks_are_a_tile_apart_and_within_reach() -> None:
    corners = tile_corners(scene(PATHS[0]), 6.0)
    apart = torch.cdist(corners, corners)
    apart.fill_diagonal_(torch.inf)
    assert torch.allclose(apart.amin(dim=1), torch.full((len(corners),), TILE), atol=1e-4)
    assert float(corners.norm(dim=1).max()) <= 6
    assert len(corners) == pytest.approx(torch.pi * 36 / TILE**2, rel=0.2)


def test_points_behind_and_in_an_object_are_hidden_and_those_before_it_are_not() -> None:
    there = SolidState(Solid(Shape.CUBE, Colour.RED, Motion.STAND), x=0.5, z=0, size=0.8, yaw=0.3)
    truth = truth_of(scene(PATHS[0], there), 0.0)
    behind, before = torch.tensor([0.6, 0.0, -1.5]), torch.tensor([0.5, 0.0, 1.5])
    points = torch.stack([behind, truth.centres[0], before, torch.tensor([-1.5, 0.0, -1.0])])
    assert truth.hidden(points).tolist() == [True, True, False, False]
    assert truth.seen(points, VIDEO).tolist() == [False, False, True, True]


def test_points_beside_the_frame_and_behind_the_camera_are_not_seen() -> None:
    truth = truth_of(scene(PATHS[0]), 0.0)
    assert truth.seen(torch.tensor([[9.0, 0.0, 0.0], [0.0, 1.0, 9.0], [0.0, 0.0, 0.0]]), VIDEO).tolist() == [
        False,
        False,
        True,
    ]


def test_the_truth_moves_with_time() -> None:
    one = sample_scene(random.Random(0))
    for time in (0.0, 0.9):
        views, truth = views_at([one], torch.tensor([time])), truth_of(one, time)
        assert torch.equal(truth.centres, views.centre[0, 0])
        assert torch.equal(truth.forward, views.camera.forward[0, 0])

"""Pixels show the state: positions and areas of objects, walls in front, grounds that go with the camera."""

import math
import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world.flat import (
    Attributes,
    Background,
    Colour,
    Direction,
    Hidden,
    Panned,
    Shape,
    Speed,
    render,
    sample_scenes,
)
from sora_core.world.flat.checks import mask_centres, object_mask
from sora_core.world.flat.renderer import coverage, distance

FPS = 8.0
SHAPES = [VideoShape(17, 64, 64), VideoShape(17, 48, 80), VideoShape(33, 80, 48)]
WANTED = Attributes(Shape.CIRCLE, Colour.RED, Background.BLACK, Direction.RIGHT, Speed.FAST)


@pytest.mark.parametrize("video", SHAPES, ids=str)
def test_rendered_objects_are_where_the_state_says(video: VideoShape) -> None:
    rng = random.Random(1)
    scenes = sample_scenes([WANTED._replace(shape=shape) for shape in (Shape.CIRCLE, Shape.SQUARE)], rng)
    truth = scenes.centres(video, FPS)[:, 0]  # [B F 2]
    for clip, centres, ground in zip(render(scenes, video, FPS), truth, scenes.background, strict=True):
        seen = mask_centres(object_mask(clip / 2 + 0.5, ground))
        assert (seen - centres).abs().max() < 0.6


AREAS = {Shape.CIRCLE: math.pi, Shape.SQUARE: 1.8**2, Shape.TRIANGLE: 3 * math.sqrt(3) / 4 * 1.3**2}
"""Of objects of radius 1."""


@pytest.mark.parametrize("shape", Shape, ids=lambda shape: shape.name)
def test_pixels_on_the_outline_are_covered_in_part_so_that_areas_are_those_of_geometry(shape: Shape) -> None:
    index = torch.tensor([list(Shape).index(shape)])
    covered = coverage(index, torch.tensor([[[32.3, 31.6]]]), torch.tensor([20.0]), VideoShape(1, 64, 64))
    assert float(covered.sum()) == pytest.approx(AREAS[shape] * 20**2, rel=0.005)
    assert covered.min() == 0
    assert covered.max() == 1


def test_distances_are_from_the_middle_of_a_pixel_and_negative_inside() -> None:
    shape, centre, radius = torch.tensor([0, 1]), torch.tensor([[[1.5, 1.5]]] * 2), torch.tensor([[2.0]] * 2)
    circle, square = distance(shape, centre, radius, VideoShape(1, 3, 6))[:, 0, 1]  # of the row through the centre
    assert circle.tolist() == [-1, -2, -1, 0, 1, 2]
    assert square.tolist() == pytest.approx([-0.8, -1.8, -0.8, 0.2, 1.2, 2.2])


def test_a_wall_is_in_front_of_the_object_from_top_to_foot() -> None:
    scenes = sample_scenes([Hidden(WANTED, Background.WHITE)], random.Random(0))
    video = VideoShape(17, 64, 64)
    (clip,), (left, right) = render(scenes, video, FPS), scenes.wall_edges(video)
    wall = clip[..., math.ceil(left) : math.floor(right)]
    assert wall.shape[-1] > 10
    assert torch.allclose(wall, torch.tensor(2 * 0.96 - 1).expand_as(wall))


def test_the_ground_is_plain_and_striped_where_the_camera_pans() -> None:
    still, panned = (
        render(sample_scenes([scene], random.Random(0)), VideoShape(2, 64, 64), FPS)[0]
        for scene in (WANTED, Panned(WANTED))
    )
    top, striped = still[:, :, 0], panned[:, :, 0]  # rows [3 F W] without the object
    assert torch.allclose(top, torch.tensor(2 * 0.03 - 1).expand_as(top))
    assert striped.std(dim=2).min() > 0.05
    assert not torch.allclose(striped[:, 0], striped[:, 1], atol=0.01)  # they go by

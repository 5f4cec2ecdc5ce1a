"""Shapes are read from outlines."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.solids import Attributes, Camera, Floor, Motion, Shape, Sky, Solid, render, scene_of
from sora_core.world.solids.labels import colour_label, label_pixels
from sora_core.world.solids.outlines import outline_overlaps, read_shape


def object_pixels(shape: Shape, seed: int) -> torch.Tensor:
    wanted = Attributes(Solid(shape, Colour.RED, Motion.STAND), Floor.STONE, Sky.DAY, Camera.STILL)
    scene = scene_of(wanted, random.Random(seed))
    pixels = render([scene], VideoShape(3, 128, 128), 8.0)[0] / 2 + 0.5
    return label_pixels(pixels, scene.floor, scene.sky) == colour_label(Colour.RED)


@pytest.mark.slow
@pytest.mark.parametrize("shape", Shape)
def test_each_shape_is_read_from_its_pixels_and_overlaps_its_outline_best(shape: Shape) -> None:
    for seed in range(3):
        mine = object_pixels(shape, seed)
        none = torch.zeros_like(mine)
        assert read_shape(mine, none) is shape
        overlaps = outline_overlaps(mine, none)
        assert max(overlaps, key=lambda one: overlaps[one]) is shape
        assert overlaps[shape] > 0.85


def test_scattered_pixels_have_no_shape() -> None:
    scattered = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(0)) < 0.05
    assert read_shape(scattered, torch.zeros_like(scattered)) is None

"""The state of paintings and meals is exact in time, and their courses keep to the frame."""

import math
import random

import pytest
import torch

from sora_core.world import Colour
from sora_core.world.painter import Eating, Food, Meal, Painting, Paper, Path, Side, Stroke, Truth, Way
from sora_core.world.painter.scenes import (
    LIFT_SECONDS,
    STEM,
    STROKE_RADIUS,
    bite_places,
    course,
    figure,
    food_disc,
    sample_scene,
    truth,
)

SIZES = [(128, 128), (96, 160), (160, 96), (60, 300)]
PARTS = [index / 100 for index in range(101)]


def painting(path: Path, way: Way = Way.ONWARD, seed: int = 0) -> Painting:
    scene = sample_scene(Stroke(Colour.RED, path, way, Paper.WHITE), random.Random(seed), 2.0)
    assert isinstance(scene, Painting)
    return scene


def eating(food: Food = Food.COOKIE, bites: int = 3, side: Side = Side.RIGHT, seed: int = 0) -> Eating:
    scene = sample_scene(Meal(food, Colour.RED, side, bites, Paper.WHITE), random.Random(seed), 2.0)
    assert isinstance(scene, Eating)
    return scene


@pytest.mark.parametrize("path", Path)
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_course_keeps_to_the_frame(path: Path, height: int, width: int) -> None:
    radius = STROKE_RADIUS * (height * width) ** 0.5
    for seed in range(10):
        points = course(painting(path, seed=seed), PARTS, height, width)
        assert points.min() > radius
        assert bool((points < torch.tensor([height - radius, width - radius])).all())


@pytest.mark.parametrize("path", Path)
def test_the_way_back_is_the_same_course(path: Path) -> None:
    onward, back = (course(painting(path, way), PARTS, 96, 160) for way in Way)
    assert torch.allclose(onward, back.flip(0), atol=0.5)


@pytest.mark.parametrize("path", Path)
def test_the_brush_moves_at_even_speed(path: Path) -> None:
    steps = course(painting(path), PARTS, 128, 128).diff(dim=0).norm(dim=1)
    corner = 0.6 if path is Path.ZIGZAG else 0.12  # a step over a corner is shorter
    assert float(steps.max()) < (1 + 0.12) * float(steps.median())
    assert float(steps.min()) > (1 - corner) * float(steps.median())


def test_courses_begin_where_their_way_says() -> None:
    part = torch.tensor([0.0, 0.25, 1.0])
    line, upright, ring = (figure(path, part, 2.0, 2.0) for path in (Path.LINE, Path.UPRIGHT, Path.RING))
    assert line[0, 1] < line[2, 1]
    assert upright[0, 0] < upright[2, 0]
    assert torch.allclose(ring[0], ring[2], atol=1e-6)
    assert torch.allclose(ring[:2], torch.tensor([[-1.0, 0.0], [0.0, 1.0]]), atol=1e-6)  # from the top to the right


def test_a_mirrored_course_is_upside_down() -> None:
    part = torch.linspace(0, 1, 9)
    for path in (Path.DIAGONAL, Path.WAVE, Path.ZIGZAG):
        plain, turned = (figure(path, part, 1.0, 2.0, mirrored=mirrored) for mirrored in (False, True))
        assert torch.equal(turned, plain * torch.tensor([-1.0, 1.0]))


def test_a_stroke_grows_evenly_and_then_the_brush_goes_away() -> None:
    scene = painting(Path.WAVE)
    middle = (scene.begin + scene.end) / 2
    assert truth(scene, 0.0) == Truth(painted=0.0, lifted=0.0)
    assert truth(scene, middle).painted == pytest.approx(0.5)
    assert truth(scene, scene.end) == Truth(painted=1.0, lifted=0.0)
    rising = [truth(scene, scene.end + part * LIFT_SECONDS).lifted for part in (0.3, 0.6, 0.9)]
    assert rising == sorted(rising, key=lambda lifted: lifted or 0.0)
    assert truth(scene, scene.end + LIFT_SECONDS + 0.01) == Truth(painted=1.0, lifted=None)


def test_all_happens_within_the_seconds() -> None:
    for seconds in (2.0, 4.0, 6.0):
        rng = random.Random(1)
        for _ in range(50):
            stroke = sample_scene(Stroke(Colour.RED, Path.RING, Way.BACK, Paper.TAN), rng, seconds)
            meal = sample_scene(Meal(Food.APPLE, Colour.RED, Side.TOP, 3, Paper.TAN), rng, seconds)
            assert isinstance(stroke, Painting)
            assert isinstance(meal, Eating)
            assert stroke.end + LIFT_SECONDS <= seconds
            assert meal.times[-1] < seconds - 0.25


def test_bites_go_one_by_one() -> None:
    scene = eating(bites=3)
    counts = [truth(scene, frame / 8).bites for frame in range(17)]
    assert counts == [0] * 5 + [1] * 4 + [2] * 4 + [3] * 4


@pytest.mark.parametrize("side", Side)
def test_the_first_bite_is_in_the_middle_of_its_side(side: Side) -> None:
    scene = eating(side=side)
    radius, centre = food_disc(scene, 128, 128)
    away = (bite_places(scene, 128, 128) - torch.tensor(centre)) / radius
    assert torch.allclose(away[0], 0.98 * torch.tensor(side.step, dtype=torch.float32), atol=1e-5)
    assert away.norm(dim=1).tolist() == pytest.approx([0.98] * 3)
    assert all(float(one @ torch.tensor(side.step, dtype=torch.float32)) > 0.98 * math.cos(0.8) for one in away)


@pytest.mark.parametrize("food", Food)
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_food_is_wholly_in_the_frame(food: Food, height: int, width: int) -> None:
    for seed in range(10):
        radius, (y, x) = food_disc(eating(food, seed=seed), height, width)
        top = y - radius * (1 + (STEM if food is Food.APPLE else 0))
        assert min(top, x - radius) >= 0
        assert y + radius <= height
        assert x + radius <= width


def test_the_same_seed_gives_the_same_scene() -> None:
    assert painting(Path.WAVE, seed=3) == painting(Path.WAVE, seed=3)
    assert painting(Path.WAVE, seed=3) != painting(Path.WAVE, seed=4)

"""Frames of strokes and meals: any size and frame rate, colours as asked, and what is painted or eaten stays so."""

import random

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.painter import Food, Meal, Paper, Path, Scene, Side, Stroke, Way
from sora_core.world.painter.renderer import food_picture, render, stroke_coverage
from sora_core.world.painter.scenes import bite_places, course, food_disc, sample_scene

FPS = 8.0
VIDEO = VideoShape(17, 96, 96)


def stroke(path: Path = Path.RING, way: Way = Way.ONWARD, seed: int = 0) -> Scene:
    return sample_scene(Stroke(Colour.RED, path, way, Paper.WHITE), random.Random(seed), 2.0)


def meal(food: Food = Food.COOKIE, bites: int = 3, side: Side = Side.RIGHT, seed: int = 0) -> Scene:
    return sample_scene(Meal(food, Colour.BLUE, side, bites, Paper.BLACK), random.Random(seed), 2.0)


def near(clip: torch.Tensor, rgb: tuple[float, float, float]) -> torch.Tensor:
    return (clip / 2 + 0.5 - torch.tensor(rgb).view(3, *[1] * (clip.dim() - 1))).abs().amax(dim=0) < 0.01


@pytest.mark.parametrize("video", [VideoShape(3, 7, 9), VideoShape(1, 40, 200), VideoShape(2, 200, 40)], ids=str)
def test_any_size_renders(video: VideoShape) -> None:
    clips = render([stroke(), *[meal(food) for food in Food]], video, FPS)
    assert clips.shape == (4, 3, *video)
    assert clips.dtype is torch.float32
    assert -1 <= float(clips.min()) < float(clips.max()) <= 1


def test_a_clip_does_not_depend_on_its_batch_or_on_its_length() -> None:
    long = render([meal(), stroke()], VIDEO, FPS)
    assert torch.equal(long[1, :, :9], render([stroke()], VideoShape(9, 96, 96), FPS)[0])


def test_twice_the_frame_rate_shows_the_same_moments() -> None:
    for scene in (stroke(Path.WAVE), meal()):
        slow, fast = render([scene], VideoShape(5, 64, 64), 4.0), render([scene], VideoShape(9, 64, 64), 8.0)
        assert torch.equal(slow, fast[:, :, ::2])


@pytest.mark.parametrize("path", Path)
def test_the_finished_stroke_is_its_course_in_its_colour(path: Path) -> None:
    scene = stroke(path)
    (clip,) = render([scene], VideoShape(33, 96, 96), FPS)
    paint, paper = near(clip[:, -1], Colour.RED.rgb), near(clip[:, -1], Paper.WHITE.rgb)
    for y, x in course(scene, [index / 50 for index in range(51)], 96, 96).tolist():
        assert bool(paint[int(y), int(x)])
    assert 0.04 < float(paint.float().mean()) < 0.3
    assert float((paint | paper).float().mean()) > 0.9


@pytest.mark.parametrize("path", Path)
def test_what_is_painted_stays(path: Path) -> None:
    (clip,) = render([stroke(path)], VideoShape(33, 64, 64), FPS)
    paint, paper = near(clip, Colour.RED.rgb), near(clip, Paper.WHITE.rgb)
    for frame in range(32):
        assert not bool((paint[frame] & paper[frame + 1 :]).any())


def test_the_brush_is_where_the_stroke_ends() -> None:
    scene = stroke(Path.LINE)
    (clip,) = render([scene], VIDEO, FPS)
    brush = ~near(clip, Colour.RED.rgb) & ~near(clip, Paper.WHITE.rgb)
    for frame in (0, 4, 8):
        part = min(max((frame / FPS - scene.begin) / (scene.end - scene.begin), 0.0), 1.0)
        y, x = course(scene, [part], 96, 96)[0].tolist()
        assert bool(brush[frame, int(y) - 4 : int(y) + 4, int(x) - 4 : int(x) + 4].any())
    assert float(brush[-1].float().mean()) < 0.05


@pytest.mark.parametrize("food", Food)
def test_what_is_eaten_stays_gone_and_goes_in_steps(food: Food) -> None:
    (clip,) = render([meal(food)], VIDEO, FPS)
    gone, there = near(clip, Paper.BLACK.rgb), clip.amax(dim=0) > -0.5
    areas = there.sum(dim=(1, 2)).tolist()
    assert areas == sorted(areas, reverse=True)
    assert len(set(areas)) == 4
    for frame in range(16):
        assert not bool((gone[frame] & there[frame + 1 :]).any())


@pytest.mark.parametrize("food", Food)
def test_the_middle_of_each_bite_is_gone(food: Food) -> None:
    scene = meal(food)
    (clip,) = render([scene], VIDEO, FPS)
    gone = near(clip[:, -1], Paper.BLACK.rgb)
    for y, x in bite_places(scene, 96, 96).tolist():
        assert bool(gone[int(y), int(x)])


def test_a_bite_from_above_takes_the_stem_of_an_apple() -> None:
    scene = meal(Food.APPLE, bites=1, side=Side.TOP)
    (clip,) = render([scene], VIDEO, FPS)
    radius, (y, _) = food_disc(scene, 96, 96)
    above = clip[:, :, : int(y - radius)]
    assert not bool(near(above[:, 0], Paper.BLACK.rgb).all())
    assert bool(near(above[:, -1], Paper.BLACK.rgb).all())


@pytest.mark.parametrize("food", Food)
def test_food_has_its_colour(food: Food) -> None:
    paper = torch.ones(3, 64, 64)
    picture, outline = food_picture(food, Colour.PINK.rgb, 24.0, (32.0, 32.0), paper)
    coloured = (picture - torch.tensor(Colour.PINK.rgb)[:, None, None]).abs().amax(dim=0) < 1e-5
    assert float(coloured[outline < -1].float().mean()) > 0.35
    assert bool((picture[:, outline > 1] == 1).all())


def test_a_stroke_covers_what_is_within_its_radius() -> None:
    cover = stroke_coverage(torch.tensor([[32.0, 16.0], [32.0, 48.0]]), torch.zeros(64, 64))
    assert cover[32, 16:48].min() == 1
    assert float(cover.sum()) == pytest.approx(32 * 6.4 + 3.1416 * 3.2**2, rel=0.02)

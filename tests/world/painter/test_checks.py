"""The checks of the painter see what is there in true clips, also through H.264, and nothing else."""

import random
from pathlib import Path as Folder

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.checks import through_h264
from sora_core.world import Colour
from sora_core.world.painter import Food, Meal, Paper, Path, Scene, Side, Stroke, Way, meals, strokes
from sora_core.world.painter.checks import check_scene, count_bites, fitting_path
from sora_core.world.painter.renderer import PIECES, render, stroke_coverage
from sora_core.world.painter.scenes import figure, sample_scene

FPS = 8.0
SHAPES = [VideoShape(frames, *size) for frames in (17, 33) for size in ((128, 128), (96, 160), (160, 96))]
VIDEO = VideoShape(17, 128, 128)
STROKE = Stroke(Colour.RED, Path.WAVE, Way.ONWARD, Paper.WHITE)
MEAL = Meal(Food.COOKIE, Colour.BLUE, Side.LEFT, 2, Paper.WHITE)


def scene_of(wanted: Stroke | Meal, seed: int = 0, seconds: float = 2.0) -> Scene:
    return sample_scene(wanted, random.Random(seed), seconds)


def clip_of(scene: Scene, video: VideoShape = VIDEO) -> torch.Tensor:
    return render([scene], video, FPS)[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [strokes, meals])
@pytest.mark.parametrize("video", SHAPES, ids=str)
def test_checks_see_true_clips(kind, video: VideoShape, tmp_path: Folder) -> None:
    rng = random.Random(5)
    seen: dict[str, list[bool]] = {}
    for index, wanted in enumerate(rng.sample(kind(unseen=False), 24)):
        scene = sample_scene(wanted, rng, (video.frames - 1) / FPS)
        clip = clip_of(scene, video)
        found = check_scene(scene, clip, FPS)
        if index % 3 == 0:
            coded = check_scene(scene, through_h264(clip, tmp_path, FPS), FPS)
            found |= {f"{name} after H.264": value for name, value in coded.items()}
        for name, value in found.items():
            seen.setdefault(name, []).append(value)
    assert {"colour", "paper", "permanence", "permanence after H.264"} < set(seen)
    for name, values in seen.items():
        assert sum(values) >= 0.98 * len(values), name


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"colour": Colour.PINK}, "colour"),
        ({"paper": Paper.TAN}, "paper"),
        ({"path": Path.ZIGZAG}, "path"),
        ({"path": Path.LINE}, "path"),
        ({"path": Path.RING}, "path"),
        ({"way": Way.BACK}, "way"),
    ],
)
def test_a_stroke_is_not_another_one(changes: dict[str, object], name: str) -> None:
    clip = clip_of(scene_of(STROKE))
    assert check_scene(scene_of(STROKE), clip, FPS)[name]
    assert not check_scene(scene_of(STROKE._replace(**changes)), clip, FPS)[name]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"food": Food.DOUGHNUT}, "food"),
        ({"food": Food.APPLE}, "food"),
        ({"colour": Colour.GREEN}, "colour"),
        ({"paper": Paper.SLATE}, "paper"),
        ({"bites": 1}, "bites"),
        ({"bites": 3}, "bites"),
        ({"side": Side.RIGHT}, "side"),
        ({"side": Side.TOP}, "side"),
    ],
)
def test_a_meal_is_not_another_one(changes: dict[str, object], name: str) -> None:
    clip = clip_of(scene_of(MEAL))
    assert check_scene(scene_of(MEAL), clip, FPS)[name]
    assert not check_scene(scene_of(MEAL._replace(**changes)), clip, FPS)[name]


@pytest.mark.parametrize("wanted", [STROKE, MEAL], ids=["stroke", "meal"])
def test_a_change_that_is_undone_does_not_stay(wanted: Stroke | Meal) -> None:
    scene = scene_of(wanted)
    clip = clip_of(scene)
    undone = clip.clone()
    undone[:, 15:] = clip[:, :1]
    assert check_scene(scene, clip, FPS)["permanence"]
    assert not check_scene(scene, undone, FPS)["permanence"]


def test_a_stroke_that_fades_does_not_stay() -> None:
    scene = scene_of(STROKE)
    clip = clip_of(scene)
    fading = torch.stack([torch.lerp(clip[:, f], clip[:, 0], max(0.0, (f - 12) / 4)) for f in range(17)], dim=1)
    assert not check_scene(scene, fading, FPS)["permanence"]


@pytest.mark.parametrize("wanted", [STROKE, MEAL], ids=["stroke", "meal"])
def test_in_a_frozen_clip_nothing_changes(wanted: Stroke | Meal) -> None:
    scene = scene_of(wanted)
    for frame in (0, -1):
        still = clip_of(scene)[:, [frame]].expand(-1, 17, -1, -1)
        found = check_scene(scene, still, FPS)
        assert not found["grows" if isinstance(wanted, Stroke) else "bites"]


@pytest.mark.parametrize("wanted", [STROKE, MEAL], ids=["stroke", "meal"])
def test_a_clip_that_is_too_short_is_checked_for_what_it_shows(wanted: Stroke | Meal) -> None:
    scene = scene_of(wanted)
    found = check_scene(scene, clip_of(scene)[:, :1], FPS)
    assert set(found) == {"colour", "paper"} | ({"food"} if isinstance(wanted, Meal) else set())
    assert all(found.values())


@pytest.mark.parametrize("path", Path)
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_course_is_fitted_wherever_it_lies(path: Path, mirrored: bool) -> None:
    part = torch.linspace(0, 1, PIECES + 1)
    tall, wide = {Path.LINE: (0.0, 60.0), Path.UPRIGHT: (60.0, 0.0)}.get(
        path, (40.0, 40.0 if path is Path.RING else 70.0)
    )
    nodes = figure(path, part, tall, wide, mirrored=mirrored) + torch.tensor([40.0, 55.0])
    assert fitting_path(stroke_coverage(nodes, torch.zeros(96, 112)) > 0.5) is path


def test_what_is_no_course_is_fitted_by_none() -> None:
    assert fitting_path(torch.zeros(64, 64, dtype=torch.bool)) is None
    blob = torch.zeros(64, 64, dtype=torch.bool)
    blob[10:50, 10:50] = True
    assert fitting_path(blob) is None


def test_bites_are_counted_by_what_goes_at_once() -> None:
    whole = torch.ones(10, 10, dtype=torch.bool)
    gone = torch.zeros(9, 10, 10, dtype=torch.bool)
    gone[2:, :2] = True  # at once
    gone[5:, 2] = True  # in two frames
    gone[6:, 3] = True
    assert count_bites(gone, whole) == 2
    assert count_bites(gone[:4], whole) == 1
    assert count_bites(torch.zeros_like(gone), whole) == 0


def test_a_scene_of_another_domain_is_refused() -> None:
    with pytest.raises(TypeError, match="no check for str"):
        check_scene("a scene", torch.zeros(3, 1, 8, 8), FPS)  # type: ignore[arg-type]

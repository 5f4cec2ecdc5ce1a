"""The checks of shots see what true clips show, through H.264 too, and refuse other cuts, objects and framings."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.evals.checks import through_h264
from sora_core.world import Colour
from sora_core.world.shots import Framing, Scene, check, render, sample_scene, scene_of
from sora_core.world.solids import Floor, Motion, Shape, Sky, Solid

SQUARE = VideoShape(17, 128, 128)
SHAPES = (SQUARE, VideoShape(17, 96, 160), VideoShape(33, 160, 96))
CUBE = Solid(Shape.CUBE, Colour.RED, Motion.STAND)


def clip_of(scene: Scene, video: VideoShape = SQUARE) -> torch.Tensor:
    return render([scene], video, 8.0)[0]


def scene_in(*framings: Framing, solid: Solid = CUBE) -> Scene:
    return scene_of((solid,), Floor.SAND, Sky.DAY, framings, random.Random(3))


@pytest.mark.slow
@pytest.mark.parametrize("video", SHAPES, ids=str)
def test_true_clips_pass_nearly_every_check_before_and_after_h264(video: VideoShape, tmp_path: Path) -> None:
    rng = random.Random(7)
    passed: list[bool] = []
    coded: list[bool] = []
    for _ in range(8):
        scene = sample_scene(rng, unseen=True)
        clip = clip_of(scene, video)
        passed += check(scene, clip, 8.0).values()
        coded += check(scene, through_h264(clip, tmp_path, 8.0), 8.0).values()
    assert sum(passed) >= 0.97 * len(passed)
    assert sum(coded) >= 0.96 * len(coded)


@pytest.mark.slow
def test_a_clip_without_the_cut_or_with_a_late_one_is_refused() -> None:
    scene = scene_in(Framing.WIDE, Framing.CLOSE)
    clip = clip_of(scene)
    assert check(scene, clip, 8.0)["cuts"]
    late = torch.cat([clip[:, :9], clip[:, 8:9], clip[:, 9:16]], dim=1)
    assert not check(scene, late, 8.0)["cuts"]
    found = check(scene, clip[:, :1].expand(-1, 17, -1, -1), 8.0)
    assert not found["cuts"]
    assert not found["framing of shot 2"]


@pytest.mark.slow
def test_another_object_after_the_cut_is_refused_in_that_shot_alone() -> None:
    scene = scene_in(Framing.WIDE, Framing.CLOSE)
    (one,) = scene.solids.objects
    for change in ({"colour": Colour.BLUE}, {"shape": Shape.SPHERE}):
        other = replace(scene.solids, objects=(replace(one, solid=one.solid._replace(**change)),))
        clip = torch.cat([clip_of(scene)[:, :9], clip_of(replace(scene, solids=other))[:, 9:]], dim=1)
        (name,) = change
        found = check(scene, clip, 8.0)
        assert found[name]
        assert not found[f"{name} of shot 2"]


@pytest.mark.slow
def test_a_shot_of_another_framing_is_refused() -> None:
    wrong = []
    for framing in set(Framing) - {Framing.WIDE}:
        clip = clip_of(scene_in(Framing.WIDE, framing))
        for told in set(Framing) - {Framing.WIDE}:
            if check(scene_in(Framing.WIDE, told), clip, 8.0)["framing of shot 2"] is not (told is framing):
                wrong.append((framing, told))
    assert not wrong


@pytest.mark.slow
def test_a_picture_and_a_short_clip_are_checked_for_the_first_shot() -> None:
    scene = scene_in(Framing.CLOSE, Framing.LEFT)
    clip = clip_of(scene)
    assert set(check(scene, clip[:, :1], 8.0)) == {"floor", "sky", "colour", "shape", "framing"}
    assert check(scene, clip[:, :9], 8.0) == dict.fromkeys(check(scene, clip[:, :9], 8.0), True)

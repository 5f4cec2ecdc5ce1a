"""The checks of solids see what true clips show, and refuse clips of other scenes."""

import random
from dataclasses import replace

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world import Colour
from sora_core.world.solids import Camera, Floor, Scene, Shape, Sky, render, sample_scene
from sora_core.world.solids.checks import check

SHAPES = (VideoShape(17, 128, 128), VideoShape(17, 96, 160), VideoShape(33, 160, 96))


def single(rng: random.Random) -> Scene:
    while len((scene := sample_scene(rng, unseen=True)).objects) != 1:
        pass
    return scene


def frames(scene: Scene, video: VideoShape = SHAPES[0]) -> torch.Tensor:
    return render([scene], video, 8.0)[0]


@pytest.mark.slow
@pytest.mark.parametrize("video", SHAPES, ids=str)
def test_true_clips_of_one_object_pass_every_check(video: VideoShape) -> None:
    rng = random.Random(7)
    found = [check(scene, frames(scene, video), 8.0) for scene in (single(rng) for _ in range(12))]
    passed = [value for one in found for value in one.values()]
    assert sum(passed) >= 0.97 * len(passed)
    assert {"colour", "shape", "motion", "floor", "sky", "camera"} <= set(found[0])


@pytest.mark.slow
def test_another_colour_floor_sky_and_shape_are_refused() -> None:
    rng = random.Random(8)
    for _ in range(6):
        scene = single(rng)
        clip, (one,) = frames(scene), scene.objects
        other = Colour.BLUE if one.solid.colour is not Colour.BLUE else Colour.RED
        recoloured = replace(scene, objects=(replace(one, solid=one.solid._replace(colour=other)),))
        assert not check(recoloured, clip, 8.0)["colour"]
        for floor in set(Floor) - {scene.floor}:
            assert not check(replace(scene, floor=floor), clip, 8.0)["floor"]
        for sky in set(Sky) - {scene.sky}:
            assert not check(replace(scene, sky=sky), clip, 8.0)["sky"]
        shapes = [shape for shape in Shape if shape is not one.solid.shape]
        wrong = [
            check(replace(scene, objects=(replace(one, solid=one.solid._replace(shape=shape)),)), clip, 8.0)["shape"]
            for shape in shapes
        ]
        assert not any(wrong)


@pytest.mark.slow
def test_a_camera_that_does_something_else_is_refused() -> None:
    rng, taken = random.Random(9), []
    for _ in range(5):
        scene = single(rng)
        clip = frames(scene)
        for camera in set(Camera) - {scene.camera.camera}:
            told = replace(scene, camera=replace(scene.camera, camera=camera))
            taken.append(check(told, clip, 8.0)["camera"])
    assert sum(taken) <= 0.05 * len(taken)


@pytest.mark.slow
@pytest.mark.parametrize("shade", [-1.0, 0.0, 1.0])
def test_frames_of_one_colour_show_no_camera(shade: float) -> None:
    scene = next(one for seed in range(99) if (one := single(random.Random(seed))).camera.camera is Camera.STILL)
    assert not check(scene, torch.full((3, *SHAPES[0]), shade), 8.0)["camera"]


def test_a_picture_is_checked_for_what_it_shows() -> None:
    scene = single(random.Random(10))
    found = check(scene, frames(scene)[:, :1], 8.0)
    assert "motion" not in found
    assert found["floor"]
    assert found["sky"]

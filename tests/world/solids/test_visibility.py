"""The share of an object that others leave uncovered is that of its width."""

import pytest
import torch

from sora_core.world import Colour
from sora_core.world.solids import Camera, CameraState, Floor, Motion, Scene, Shape, Sky, Solid, SolidState, views_at
from sora_core.world.solids.visibility import stays_visible, uncovered

DISTANCE = 5.0


def scene(*places: tuple[float, float], camera: Camera = Camera.STILL, rate: float = 0.0, away: float = 0.0) -> Scene:
    objects = (
        SolidState(Solid(Shape.SPHERE, colour, Motion.STAND), x=x, z=z, size=0.5, yaw=0)
        for (x, z), colour in zip(places, Colour, strict=False)
    )
    path = CameraState(camera, DISTANCE, DISTANCE, rate=rate, away=away)
    return Scene(tuple(objects), Floor.STONE, Sky.DAY, path, (0.0, 0.0, 0.0))


def shares(one: Scene) -> list[float]:
    return uncovered(views_at([one], torch.zeros(1)))[0, 0].tolist()


def test_objects_beside_one_another_are_uncovered() -> None:
    assert shares(scene((-1, 0), (1, 0))) == [1, 1]


def test_an_object_right_behind_another_is_covered_and_the_front_one_is_not() -> None:
    assert shares(scene((0, 1), (0, -1))) == [1, 0]
    assert shares(scene((0, -1), (0, 1))) == [0, 1]


def test_half_an_object_beside_the_axis_is_covered() -> None:
    depth = views_at([scene((0, 1), (0, -1))], torch.zeros(1)).camera
    front, back = (
        float(((torch.tensor([0.0, 0.5, z]) - depth.eye[0, 0]) * depth.forward[0, 0]).sum()) for z in (1.0, -1.0)
    )
    x = 0.5 * back / front  # the front one's right edge hides up to the middle of the other
    assert shares(scene((0, 1), (x, -1)))[1] == pytest.approx(0.5, abs=0.01)


def test_a_scene_with_a_hidden_object_does_not_stay_visible() -> None:
    assert stays_visible(scene((-1, 0), (1, 0)))
    assert not stays_visible(scene((0, 1), (0, -1)))


def test_an_orbit_that_brings_one_object_before_the_other_for_long_is_refused() -> None:
    assert stays_visible(scene((-1, 0), (1, 0), camera=Camera.ORBIT_RIGHT, rate=0.3))
    assert not stays_visible(scene((-0.6, 0), (0.6, 0), camera=Camera.ORBIT_RIGHT, rate=1.3))


def test_a_camera_that_looks_away_counts_as_still() -> None:
    assert stays_visible(scene((-1, 0), (1, 0), camera=Camera.AWAY_LEFT, away=-0.9))

"""Objects are where their states say: they slide and turn back, jump on parabolas, roll without slipping, and spin."""

import math

import pytest
import torch

from sora_core.world import Colour
from sora_core.world.solids import Camera, CameraState, Floor, Motion, Scene, Shape, Sky, Solid, SolidState, views_at


def scene(*objects: SolidState) -> Scene:
    return Scene(objects, Floor.STONE, Sky.DAY, CameraState(Camera.STILL, 5.0, 5.0), (0.0, 0.0, 0.0))


def solid(shape: Shape, motion: Motion) -> Solid:
    return Solid(shape, Colour.RED, motion)


def test_an_object_turns_back_at_its_reach() -> None:
    one = SolidState(solid(Shape.CUBE, Motion.RIGHT), x=-1.0, z=0.3, size=0.5, yaw=0.0, rate=1.0, reach=1.5)
    centre = views_at([scene(one)], torch.tensor([0.0, 1.0, 2.5, 3.0, 5.5, 6.0])).centre[0, :, 0]
    assert centre[:, 0].tolist() == pytest.approx([-1.0, 0.0, 1.5, 1.0, -1.5, -1.0], abs=1e-5)
    assert centre[:, 1].tolist() == pytest.approx([0.5] * 6)
    assert centre[:, 2].tolist() == pytest.approx([0.3] * 6)


def test_a_jump_is_a_parabola_that_begins_and_ends_on_the_floor() -> None:
    one = SolidState(solid(Shape.CONE, Motion.JUMP), x=0, z=0, size=0.5, yaw=0, jump=0.8, period=2.0, phase=0.25)
    height = views_at([scene(one)], torch.tensor([0.0, 0.5, 1.0, 1.5, 3.5])).centre[0, :, 0, 1]
    assert height.tolist() == pytest.approx([0.5 + 0.6, 0.5 + 0.8, 0.5 + 0.6, 0.5, 0.5], abs=1e-5)


def test_a_sphere_rolls_without_slipping_and_does_not_turn_around_the_vertical_axis() -> None:
    one = SolidState(solid(Shape.SPHERE, Motion.LEFT), x=1, z=0, size=0.5, yaw=0.7, rate=-1, reach=1.5)
    views = views_at([scene(one)], torch.tensor([0.0, 0.5]))
    assert bool(views.rolls[0, 0])
    assert views.roll[0, :, 0].tolist() == pytest.approx([0.0, 0.5 / 0.5])
    assert views.turn[0, :, 0].tolist() == [0, 0]


def test_a_spin_turns_the_body_at_its_rate_in_its_place() -> None:
    one = SolidState(solid(Shape.CUBE, Motion.SPIN), x=0.2, z=0.1, size=0.5, yaw=0.3, rate=2.0)
    views = views_at([scene(one)], torch.tensor([0.0, 0.5]))
    assert views.turn[0, :, 0].tolist() == pytest.approx([0.3, 1.3])
    assert torch.equal(views.centre[0, 0], views.centre[0, 1])
    assert not bool(views.rolls[0, 0])


def test_scenes_with_fewer_objects_are_padded_with_absent_ones() -> None:
    one = SolidState(solid(Shape.CUBE, Motion.STAND), x=0, z=0, size=0.5, yaw=0)
    views = views_at([scene(one), scene(one, one)], torch.tensor([0.0]))
    assert views.shape.tolist() == [[Shape.CUBE.value, -1], [Shape.CUBE.value] * 2]
    assert views.size.tolist() == [[0.5, 0.0], [0.5, 0.5]]


def test_the_state_depends_on_the_time_alone() -> None:
    one = SolidState(solid(Shape.SPHERE, Motion.RIGHT), x=-1, z=0, size=0.5, yaw=0, rate=1.1, reach=1.3)
    slow, fast = (views_at([scene(one)], torch.arange(0, math.ceil(2 * fps)) / fps) for fps in (4.0, 8.0))
    assert torch.allclose(slow.centre, fast.centre[:, ::2], atol=1e-5)

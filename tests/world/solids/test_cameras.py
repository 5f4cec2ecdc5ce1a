"""Cameras are where their paths say, look where they should, and project points as a pinhole does."""

import math

import pytest
import torch

from sora_core.canvas.shapes import VideoShape
from sora_core.world.solids import Camera, CameraState
from sora_core.world.solids.cameras import FOCAL, TARGET_HEIGHT, camera_poses
from sora_core.world.solids.scenes import AWAY_PERIOD, CAMERA_HEIGHT, DOLLY_TIME

VIDEO = VideoShape(1, 100, 144)  # sqrt(height * width) is 120
STILL = CameraState(Camera.STILL, 5.0, 5.0)


def eye(path: CameraState, time: float) -> list[float]:
    return [round(value, 4) for value in camera_poses([path], torch.tensor([time])).eye[0, 0].tolist()]


def project(path: CameraState, time: float, point: tuple[float, float, float]) -> tuple[float, float, float]:
    pixels, depth = camera_poses([path], torch.tensor([time])).project(torch.tensor([[[point]]]), VIDEO)
    return float(pixels[0, 0, 0, 0]), float(pixels[0, 0, 0, 1]), float(depth)


def test_the_target_is_in_the_middle_of_the_picture() -> None:
    for path in (STILL, CameraState(Camera.ORBIT_LEFT, 5.0, 5.0, rate=-0.5, angle=1.0, target_x=2.0, target_z=-1.0)):
        y, x, depth = project(path, 0.7, (path.target_x, TARGET_HEIGHT, path.target_z))
        assert (y, x) == pytest.approx((50, 72), abs=1e-3)
        assert depth == pytest.approx(math.hypot(5.0, CAMERA_HEIGHT - TARGET_HEIGHT), abs=1e-4)


def test_a_point_beside_the_target_is_as_far_from_the_middle_as_a_pinhole_has_it() -> None:
    depth = math.hypot(5.0, CAMERA_HEIGHT - TARGET_HEIGHT)
    y, x, _ = project(STILL, 0.0, (1.0, TARGET_HEIGHT, 0.0))
    assert (y, x) == pytest.approx((50, 72 + FOCAL * 120 / depth), abs=1e-3)


def test_what_is_higher_appears_higher_and_what_is_behind_has_negative_depth() -> None:
    assert project(STILL, 0.0, (0.0, 2.0, 0.0))[0] < 50
    assert project(STILL, 0.0, (0.0, 1.0, 9.0))[2] < 0


def test_orbits_go_to_the_cameras_own_left_and_right() -> None:
    right = CameraState(Camera.ORBIT_RIGHT, 5.0, 5.0, rate=math.pi / 2)
    assert eye(right, 0.0) == [0, CAMERA_HEIGHT, 5]
    assert eye(right, 1.0) == [5, CAMERA_HEIGHT, 0]
    assert eye(CameraState(Camera.ORBIT_LEFT, 5.0, 5.0, rate=-math.pi / 2), 1.0) == [-5, CAMERA_HEIGHT, 0]


def test_a_dolly_covers_its_way_as_an_exponential() -> None:
    path = CameraState(Camera.IN, 7.0, 4.0)
    assert eye(path, 0.0)[2] == 7
    assert eye(path, DOLLY_TIME)[2] == pytest.approx(4 + 3 / math.e, abs=1e-4)
    assert eye(path, 100.0)[2] == pytest.approx(4, abs=1e-4)


def test_a_pan_looks_away_and_is_back_after_its_period() -> None:
    path = CameraState(Camera.AWAY_RIGHT, 5.0, 5.0, away=0.9)
    middle = (0.0, TARGET_HEIGHT, 0.0)
    assert project(path, AWAY_PERIOD / 2, middle)[1] < 0  # the middle leaves the picture to the left
    assert project(path, AWAY_PERIOD, middle)[:2] == pytest.approx((50, 72), abs=1e-3)
    assert eye(path, AWAY_PERIOD / 2) == eye(path, 0.0)
    forward = camera_poses([path], torch.tensor([AWAY_PERIOD / 2])).forward[0, 0]
    assert math.atan2(float(forward[0]), -float(forward[2])) == pytest.approx(0.9, abs=1e-4)


def test_axes_are_orthonormal_and_the_camera_is_level() -> None:
    paths = [STILL, CameraState(Camera.AWAY_LEFT, 4.0, 6.0, rate=0.3, away=-0.9, angle=0.4)]
    poses = camera_poses(paths, torch.linspace(0, 3, 5))
    axes = torch.stack([poses.right, poses.up, poses.forward], dim=-2)  # [B F 3 3]
    assert torch.allclose(axes @ axes.mT, torch.eye(3).expand_as(axes), atol=1e-5)
    assert bool((poses.right[..., 1] == 0).all())
    assert bool((poses.up[..., 1] > 0).all())

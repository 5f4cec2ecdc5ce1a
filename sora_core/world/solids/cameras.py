"""Where cameras are and what they see: batched poses in closed form, and the projection of points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ...canvas.shapes import VideoShape
from .scenes import AWAY_PERIOD, DOLLY_TIME, CameraState

TARGET_HEIGHT = 0.72
FOCAL = 1.1  # focal length in units of sqrt(height * width)


@dataclass(frozen=True)
class Poses:
    """Poses of B cameras at F times. The cameras never roll: `right` is level.

    eye: [B F 3] position. right, up, forward: [B F 3] axes.
    """

    eye: torch.Tensor
    right: torch.Tensor
    up: torch.Tensor
    forward: torch.Tensor

    def project(self, points: torch.Tensor, video: VideoShape) -> tuple[torch.Tensor, torch.Tensor]:
        """Project points [B F N 3] of the world: pixels [B F N 2] as (y, x), and depths [B F N], > 0 in front."""
        away = points - self.eye[:, :, None]
        x, y, depth = ((away * axis[:, :, None]).sum(-1) for axis in (self.right, self.up, self.forward))
        focal = focal_length(video)
        safe = torch.where(depth.abs() < 1e-6, 1e-6, depth)
        return torch.stack([video.height / 2 - focal * y / safe, video.width / 2 + focal * x / safe], dim=-1), depth


def focal_length(video: VideoShape) -> float:
    """Return the focal length in pixels."""
    return FOCAL * (video.height * video.width) ** 0.5


@dataclass(frozen=True)
class Courses:
    """Where B cameras stand and look at F times, each [B F], in the terms of CameraState.

    rise: height above the target.
    """

    distance: torch.Tensor
    angle: torch.Tensor
    pan: torch.Tensor
    target_x: torch.Tensor
    target_z: torch.Tensor
    height: torch.Tensor
    rise: torch.Tensor


def camera_courses(cameras: Sequence[CameraState], times: torch.Tensor) -> Courses:
    """Compute the courses of cameras at times [F] in seconds, on the times' device.

    Before time 0 a camera that moves in or out comes from the other side of where it begins, at the same pace.
    """
    names = ("begin", "end", "rate", "away", "angle", "target_x", "target_z", "height")
    rows = [[*(getattr(one, name) for name in names), one.height - TARGET_HEIGHT] for one in cameras]
    values = torch.tensor(rows, device=times.device)
    begin, end, rate, away, start, target_x, target_z, height, rise = values[..., None].unbind(1)  # [B 1]
    distance = end + (begin - end) * torch.exp(-times.abs() / DOLLY_TIME)  # [B F]
    distance = torch.where(times < 0, 2 * begin - distance, distance)
    angle = start + rate * times
    pan = away * torch.sin(math.pi * times / AWAY_PERIOD).square()
    return Courses(distance, angle, pan, *(one.expand_as(distance) for one in (target_x, target_z, height, rise)))


def camera_poses(cameras: Sequence[CameraState], times: torch.Tensor) -> Poses:
    """Compute the poses of cameras at times [F] in seconds, on the times' device."""
    return poses_on(camera_courses(cameras, times))


def poses_on(courses: Courses) -> Poses:
    """Compute the poses of cameras on their courses."""
    distance, angle = courses.distance, courses.angle
    x, z = courses.target_x + distance * angle.sin(), courses.target_z + distance * angle.cos()
    drop = distance.reciprocal() * courses.rise
    level = 1 / (1 + drop.square()).sqrt()  # cosine of the pitch
    heading = angle - courses.pan  # the camera looks along -z at 0 and turns to its right as the pan grows
    forward = torch.stack([-heading.sin() * level, -drop * level, -heading.cos() * level], dim=-1)
    right = torch.stack([heading.cos(), torch.zeros_like(heading), -heading.sin()], dim=-1)
    eye = torch.stack([x, courses.height, z], dim=-1)
    return Poses(eye, right, torch.linalg.cross(right, forward), forward)

"""Where objects and camera of scenes are at given times: batched, in closed form; the exact truth of the solids."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ...canvas.shapes import VideoShape
from .attributes import Motion, Shape
from .scenes import AWAY_PERIOD, DOLLY_TIME, Scene

CAMERA_HEIGHT, TARGET_HEIGHT = 1.65, 0.72
FOCAL = 1.1  # focal length in units of sqrt(height * width)


@dataclass(frozen=True)
class Views:
    """State of B scenes with up to K objects at F times.

    centre:  [B F K 3] centre of each object
    size:    [B K] half the height; 0 where there is no object
    shape:   [B K] index into Shape; -1 where there is no object
    turn:    [B F K] angle around the vertical axis; 0 for a sphere that rolls
    roll:    [B F K] angle by which a rolling sphere has turned around the axis of depth
    rolls:   [B K] whether it rolls
    eye:     [B F 3] position of the camera
    right, up, forward: [B F 3] its axes
    """

    centre: torch.Tensor
    size: torch.Tensor
    shape: torch.Tensor
    turn: torch.Tensor
    roll: torch.Tensor
    rolls: torch.Tensor
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


def views_at(scenes: Sequence[Scene], times: torch.Tensor) -> Views:
    """Compute the state of scenes at times [F] in seconds, on the times' device."""
    count = max(len(scene.objects) for scene in scenes)
    device = times.device

    def values(name: str) -> torch.Tensor:
        rows = [[getattr(one, name) for one in scene.objects] for scene in scenes]
        return torch.tensor([row + [0.0] * (count - len(row)) for row in rows], device=device)  # [B K]

    def kinds(of: type[Shape] | type[Motion], name: str) -> torch.Tensor:
        rows = [[list(of).index(getattr(one.solid, name)) for one in scene.objects] for scene in scenes]
        return torch.tensor([row + [-1] * (count - len(row)) for row in rows], device=device)  # [B K]

    time = times[None, :, None]  # [1 F 1]
    x, z, size, yaw, rate, reach = (
        values(name)[:, None] for name in ("x", "z", "size", "yaw", "rate", "reach")
    )  # [B 1 K]
    crossing = reach > 0
    path = torch.where(crossing, _bounce(x + rate * time, reach.clamp(min=1e-3)), x.expand(-1, len(times), -1))
    done = (time / values("period")[:, None].clamp(min=1e-3) + values("phase")[:, None]).remainder(1)
    height = size + 4 * values("jump")[:, None] * done * (1 - done)  # [B F K]
    shape = kinds(Shape, "shape")
    rolls = crossing[:, 0] & (shape == Shape.SPHERE.value)
    spins = (kinds(Motion, "motion") == Motion.SPIN.value)[:, None]
    return Views(
        torch.stack([path, height, z.expand_as(path)], dim=-1),
        size[:, 0],
        shape,
        torch.where(rolls[:, None], 0.0, yaw + torch.where(spins, rate * time, torch.zeros_like(path))),
        -(path - x) / size.clamp(min=1e-3),
        rolls,
        *_camera(scenes, times),
    )


def _bounce(position: torch.Tensor, reach: torch.Tensor) -> torch.Tensor:
    """Reflect an unbounded position into -reach..reach."""
    return reach - ((position + reach).remainder(4 * reach) - 2 * reach).abs()


def _camera(scenes: Sequence[Scene], times: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Compute the camera's position and its axes right, up and forward: [B F 3] each."""
    paths = [(one.camera.begin, one.camera.end, one.camera.rate, one.camera.away) for one in scenes]
    begin, end, rate, away = torch.tensor(paths, device=times.device)[..., None].unbind(1)  # [B 1]
    distance = end + (begin - end) * torch.exp(-times / DOLLY_TIME)  # [B F]
    angle = rate * times
    pan = away * torch.sin(math.pi * times / AWAY_PERIOD).square()
    eye = torch.stack([distance * angle.sin(), torch.full_like(angle, CAMERA_HEIGHT), distance * angle.cos()], dim=-1)
    drop = (CAMERA_HEIGHT - TARGET_HEIGHT) / distance
    level = 1 / (1 + drop.square()).sqrt()  # cosine of the pitch
    heading = angle - pan  # the camera looks along -z at 0 and turns to its right as the pan grows
    forward = torch.stack([-heading.sin() * level, -drop * level, -heading.cos() * level], dim=-1)
    right = torch.stack([heading.cos(), torch.zeros_like(heading), -heading.sin()], dim=-1)
    return eye, right, torch.linalg.cross(right, forward), forward

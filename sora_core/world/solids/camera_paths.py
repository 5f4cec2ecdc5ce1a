"""Reads the camera's path from the floor: under the right path, the pattern of tiles does not move in the world.

Each path that a camera may take gives a pose to every frame. The frames' floors are laid over one another in the world,
and the path under which they agree best is the one that was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch.nn import functional as F

from ...canvas.shapes import VideoShape
from ..dilation import dilated
from .attributes import Camera, Floor, Sky
from .cameras import FOCAL, TARGET_HEIGHT, Poses, camera_poses
from .renderer import FOG
from .sampling import ORBIT_RATE, STAGES
from .scenes import CAMERA_HEIGHT, CameraState

GRID = 0.3  # distance between the points of the floor that are compared
DEEPEST = 8.0  # points farther from the camera have too little contrast
STEPS = 3  # values of each parameter of a path, from the lower to the upper end of its range
SHADOWED = 0.88  # share of the dark tiles' brightness below which the floor lies in a shadow
SOFT = 0.06  # width of a shadow's soft edge, in sqrt(height * width)
PLAIN = 1e-3  # variance of the tone below which a floor has no pattern; true ones have 0.1 and more
MIN_AGREEMENT = 0.4  # share of the floor's variance that the best path must explain


class PathFit(NamedTuple):
    """A path, and the share of the variance of the floor's pattern that it explains: 1 where all frames agree."""

    path: CameraState
    agreement: float


@cache
def possible_paths(count: int) -> tuple[CameraState, ...]:
    """List paths of every camera that span the ranges for scenes with `count` objects."""
    stage = STAGES[count]
    far, near, rates, turns = (_steps(*ends) for ends in (stage.far, stage.near, ORBIT_RATE, stage.away))
    middle = stage.distance
    orbits = ((Camera.ORBIT_RIGHT, 1), (Camera.ORBIT_LEFT, -1))
    pans = ((Camera.AWAY_RIGHT, 1), (Camera.AWAY_LEFT, -1))
    return (
        CameraState(Camera.STILL, middle, middle),
        *(CameraState(camera, middle, middle, rate=sign * rate) for camera, sign in orbits for rate in rates),
        *(CameraState(Camera.IN, begin, end) for begin in far for end in near),
        *(CameraState(Camera.OUT, begin, end) for begin in near for end in far),
        *(CameraState(camera, middle, middle, away=sign * turn) for camera, sign in pans for turn in turns),
    )


def _steps(low: float, high: float) -> list[float]:
    return [low + (high - low) * step / (STEPS - 1) for step in range(STEPS)]


def fit_paths(
    pixels: torch.Tensor, hidden: torch.Tensor, fps: float, paths: Sequence[CameraState], floor: Floor, sky: Sky
) -> list[PathFit]:
    """Measure how well each path explains the floor. pixels: [3 F H W] in 0..1. hidden: bool [F H W], by objects."""
    poses = camera_poses(paths, torch.arange(len(hidden)) / fps)
    agreement, _ = floor_agreement(pixels, hidden, poses, floor, sky)
    return [PathFit(path, float(share)) for path, share in zip(paths, agreement, strict=True)]


def floor_agreement(
    pixels: torch.Tensor, hidden: torch.Tensor, poses: Poses, floor: Floor, sky: Sky
) -> tuple[torch.Tensor, torch.Tensor]:
    """Measure how well poses [C F] of C cameras explain the floor: [C] each.

    The first is the share of the variance of the pattern that is explained, 0 without a pattern, the second the number
    of points that are seen in several frames. pixels: [3 F H W] in 0..1. hidden: bool [F H W], by objects.
    """
    frames, height, width = hidden.shape
    video = VideoShape(frames, height, width)
    points = _floor_points()  # [N 3]
    place, depth = poses.project(points.expand(len(poses.eye), frames, -1, -1), video)  # [C F N 2], [C F N]
    layers = torch.cat([pixels.transpose(0, 1), _is_lit(pixels, hidden, floor, sky)], dim=1)  # [F 4 H W]
    grid = (place.flip(-1) / torch.tensor([width, height]) * 2 - 1).transpose(0, 1)  # [F C N 2]
    seen = F.grid_sample(layers, grid, align_corners=False).permute(2, 0, 3, 1)  # [C F N 4]
    far = torch.hypot(*(points - poses.eye[:, :, None])[..., ::2].unbind(dim=-1))  # [C F N]
    weight = ((depth > 0.5) & (far < DEEPEST) & (seen[..., 3] > 0.99)).float()
    tone = _without_trend(_tone(seen[..., :3], far, floor, sky), far, weight)
    count = weight.sum(dim=1, keepdim=True)  # [C 1 N]
    mean = tone.sum(dim=1, keepdim=True) / count.clamp(min=1)
    within = ((tone - mean) * weight).square().sum(dim=1) * count[:, 0] / (count[:, 0] - 1).clamp(min=1)
    several = count[:, 0] > 1
    total = (tone.square().sum(dim=1) * several).sum(dim=1)
    explained = 1 - (within * several).sum(dim=1) / total.clamp(min=1e-6)
    has_pattern = total > PLAIN * (count[:, 0] * several).sum(dim=1).clamp(min=1)
    return torch.where(has_pattern, explained, 0), several.sum(dim=1)


def _without_trend(tone: torch.Tensor, far: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Take from tones [C F N] what any one colour has: with the distance it changes as the fog does."""
    clear = torch.exp(-(far / FOG).square())
    all_points = weight.sum(dim=(1, 2), keepdim=True).clamp(min=1)
    middle, level = ((one * weight).sum(dim=(1, 2), keepdim=True) / all_points for one in (clear, tone))
    across = clear - middle
    spread = (across.square() * weight).sum(dim=(1, 2), keepdim=True)
    slope = (across * (tone - level) * weight).sum(dim=(1, 2), keepdim=True) / spread.clamp(min=1e-6)
    return (tone - level - slope * across) * weight


def best_path(fits: Sequence[PathFit]) -> PathFit:
    """Return the path that explains most."""
    return max(fits, key=lambda fit: fit.agreement)


def _is_lit(pixels: torch.Tensor, hidden: torch.Tensor, floor: Floor, sky: Sky) -> torch.Tensor:
    """Mark the pixels that are neither at an object nor in its shadow, which moves: 1 or 0, [F 1 H W]."""
    _, height, width = hidden.shape
    focal, distance = FOCAL * (height * width) ** 0.5, STAGES[1].distance
    steep = (torch.arange(height) + 0.5 - height / 2) / focal + (CAMERA_HEIGHT - TARGET_HEIGHT) / distance
    far = CAMERA_HEIGHT / steep.clamp(min=1e-3)  # [H], of the floor in each row
    dark = torch.tensor(floor.dark) * torch.tensor(sky.light)
    darkest = torch.lerp(torch.tensor(sky.horizon), dark, torch.exp(-(far / FOG).square())[:, None]).sum(-1)  # [H]
    shadow = pixels.sum(dim=0) < SHADOWED * darkest[:, None]
    covered = dilated(hidden.float(), 2) + dilated(shadow.float(), round(SOFT * (height * width) ** 0.5))
    return (covered < 0.5).to(pixels)[:, None]


@cache
def _floor_points() -> torch.Tensor:
    """List the points of the floor that are compared: [N 3]."""
    x, z = torch.arange(-7.5, 7.5, GRID), torch.arange(-6.5, 5.0, GRID)
    x, z = (one.flatten() for one in torch.meshgrid(x, z, indexing="ij"))
    return torch.stack([x, torch.zeros_like(x), z], dim=-1)


def _tone(colour: torch.Tensor, far: torch.Tensor, floor: Floor, sky: Sky) -> torch.Tensor:
    """Measure where colours [... 3] of the floor, seen from afar [...], lie between dark, < 0, and light, > 0.

    The unit is the difference of the tones near the camera; the farther, the less contrast there is.
    """
    light = torch.tensor(sky.light)
    bright, dark = torch.tensor(floor.light) * light, torch.tensor(floor.dark) * light
    clear = torch.exp(-(far / FOG).square())[..., None]
    middle = torch.lerp(torch.tensor(sky.horizon), (bright + dark) / 2, clear)
    across = bright - dark
    return ((colour - middle) @ across) / across.square().sum()

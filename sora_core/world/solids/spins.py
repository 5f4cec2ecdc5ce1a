"""Reads how fast a sphere or a cube spins: the rate at which pictures of the turning body match the frames best.

Each frame is compared with pictures of the body at every angle, lit as it is there; then all steady rates are tried.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from .attributes import Shape, Sky, Solid
from .bodies import FAR, MEET, Vector, dot
from .cameras import camera_poses
from .renderer import AMBIENT, DIFFUSE, LIGHT, SECTOR_TONE
from .scenes import CameraState
from .tracks import Track

PERIODS = {Shape.SPHERE: 2 * math.pi / 3, Shape.CUBE: math.pi / 2}  # of the body around its axis
ANGLES = 20  # angles within a period at which a body is tried
WINDOW = 20  # pixels of the square in which it is compared
WIDTH = 1.45  # width of the square, in square roots of the body's area
ROOT_AREAS = {Shape.SPHERE: math.pi**0.5, Shape.CUBE: 1.97}  # square root of the area of the outline, in sizes
ROOM = 2.9  # width of the square, in sizes of the body, in which all of it lies
RATES = tuple(0.1 * step for step in (*range(-4, 5), *range(12, 28)))  # radians per second, at rest and spinning


def spin_rate(
    pixels: torch.Tensor, mine: torch.Tensor, solid: Solid, *, sky: Sky, path: CameraState, track: Track
) -> float:
    """Measure the rate of spin in radians per second, positive as scenes have it.

    pixels: [3 F H W] in 0..1. mine: the object's pixels, bool [F H W]. path: of the camera.
    """
    tint = torch.tensor(solid.colour.rgb) * torch.tensor(sky.light)
    bright = torch.einsum("cfhw,c->fhw", pixels, tint) / tint.square().sum() * mine
    frames = track.whole.nonzero()[:, 0]
    observed = torch.stack([_window(bright[frame], mine[frame]) for frame in frames])  # [N P]
    eyes = _eyes(solid.shape, path, track)[frames]  # [N 3]
    match = [_match(one, _pictures(solid.shape, eye)) for one, eye in zip(observed, eyes, strict=True)]
    return _steady_rate(torch.stack(match), track.times[frames], PERIODS[solid.shape])


def _window(bright: torch.Tensor, mine: torch.Tensor) -> torch.Tensor:
    """Cut a square around the object out of one frame: [WINDOW * WINDOW]."""
    height, width = mine.shape
    y, x = mine.nonzero().float().mean(dim=0) + 0.5
    steps = ((torch.arange(WINDOW) + 0.5) / WINDOW - 0.5) * WIDTH * float(mine.sum()) ** 0.5
    rows, columns = (y + steps) / height * 2 - 1, (x + steps) / width * 2 - 1
    grid = torch.stack([columns.expand(WINDOW, -1), rows[:, None].expand(-1, WINDOW)], dim=-1)
    return F.grid_sample(bright[None, None], grid[None], align_corners=False).flatten()


def _eyes(shape: Shape, path: CameraState, track: Track) -> torch.Tensor:
    """Compute where the camera is in each frame, from the centre of the object, in its sizes: [F 3]."""
    size = track.size[track.whole].median() / ROOT_AREAS[shape]
    eye = camera_poses([path], track.times).eye[0]
    around = torch.atan2(eye[:, 0] - path.target_x, eye[:, 2] - path.target_z)
    return (
        torch.stack([track.distance * around.sin(), eye[:, 1] - track.above, track.distance * around.cos()], -1) / size
    )


def _match(observed: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """Compute how much of a window [P] each picture [A P] leaves unexplained, as a share: negative, [A]."""
    gain = (pictures @ observed) / pictures.square().sum(dim=1).clamp(min=1e-6)
    rest = (observed - gain[:, None] * pictures).square().sum(dim=1)
    return -rest / observed.square().sum().clamp(min=1e-6)


def _steady_rate(match: torch.Tensor, times: torch.Tensor, period: float) -> float:
    """Find the rate at which the angles match best over all frames: match [N A] at times [N]."""
    rates = torch.tensor(RATES)
    turned = (rates[:, None] * times / period * ANGLES)[:, None] + torch.arange(ANGLES)[:, None]  # [R A N]
    low = turned.floor()
    share = turned - low
    index = low.long() % ANGLES
    frames = torch.arange(len(times))
    score = match[frames, index] * (1 - share) + match[frames, (index + 1) % ANGLES] * share  # [R A N]
    return float(rates[score.sum(dim=2).amax(dim=1).argmax()])


def _pictures(shape: Shape, eye: torch.Tensor) -> torch.Tensor:
    """Draw the body at each angle, seen from an eye [3], cut out as _window does it: brightness, [ANGLES P]."""
    position = ((torch.arange(WINDOW) + 0.5) / WINDOW - 0.5) * ROOM
    y, x = (one.flatten().expand(ANGLES, -1) for one in torch.meshgrid(-position, position, indexing="ij"))  # [A P]
    shown = (_brightness(shape, eye, y, x) > 0).float()
    area = shown.mean(dim=1, keepdim=True) * ROOM**2
    centre_y, centre_x = ((shown * one).sum(dim=1, keepdim=True) / shown.sum(dim=1, keepdim=True) for one in (y, x))
    scale = WIDTH / ROOM * area.sqrt()
    return _brightness(shape, eye, centre_y + scale * y, centre_x + scale * x)


def _brightness(shape: Shape, eye: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Draw a body of size 1 at each angle at points (y, x) of the picture, y up: brightness [ANGLES P], 0 outside."""
    turn = torch.arange(ANGLES)[:, None] * PERIODS[shape] / ANGLES  # [A 1]
    forward = -eye / eye.norm()
    right = torch.nn.functional.normalize(torch.stack([-forward[2], torch.zeros(()), forward[0]]), dim=0)
    up = torch.linalg.cross(right, forward)
    origin, towards, aside, above, light = (_turned(one, turn) for one in (eye, -eye, right, up, torch.tensor(LIGHT)))
    ray = [towards[axis] + x * aside[axis] + y * above[axis] for axis in range(3)]
    distance, normal, _ = MEET[shape](origin, (ray[0], ray[1], ray[2]), torch.ones(()))
    bright = AMBIENT + DIFFUSE * dot(normal, light).clamp(min=0)
    if shape is Shape.SPHERE:
        dark = torch.sin(3 * torch.atan2(normal[0], normal[2])) > 0
        bright = torch.where(dark, SECTOR_TONE * bright, bright)
    return bright * (distance < FAR)


def _turned(vector: torch.Tensor, turn: torch.Tensor) -> Vector:
    """Turn a vector [3] into the frames of bodies at these angles [A 1]: (x, y, z), [A 1] each."""
    x, y, z = vector
    return x * turn.cos() - z * turn.sin(), y.expand_as(turn), z * turn.cos() + x * turn.sin()

"""Reads the shape of an object from its outline: the body whose outline covers the object's pixels best.

Outlines of each body are tried at several sizes and places. Pixels of other objects and those beyond the frame's edge
do not count, for something may be hidden there.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch.nn import functional as F

from .attributes import Shape
from .bodies import FAR, MEET

FRAMES = 6  # frames that are compared
WINDOW = 40  # pixels of the square around the object in which it is compared
WIDTH = 3.0  # width of the square, in square roots of the object's visible area
SHIFT = 7  # largest shift of an outline, in pixels of the square
SCALES = tuple(0.88 * 1.08**step for step in range(8))  # relative to an outline of the same area
YAWS = {Shape.CUBE: 6}  # angles within a quarter turn at which a body is tried; 1 for round ones
VIEW_DISTANCE, VIEW_HEIGHT = 6.0, 0.85  # of the eye above the object's centre, in its sizes
MIN_OVERLAP = 0.8  # of the intersection over the union with the best outline
MIN_AREA = 0.003  # share of the frame below which an object is too small to be read


def read_shape(mine: torch.Tensor, others: torch.Tensor, *, view_height: float = VIEW_HEIGHT) -> Shape | None:
    """Read the shape of an object from its pixels `mine` and those of other objects, bool [F H W] each.

    view_height: of the eye above the object's centre, in its sizes, at the distance VIEW_DISTANCE.
    """
    overlaps = outline_overlaps(mine, others, view_height=view_height)
    best = max(overlaps, key=lambda shape: overlaps[shape])
    return best if overlaps[best] >= MIN_OVERLAP else None


def outline_overlaps(
    mine: torch.Tensor, others: torch.Tensor, *, view_height: float = VIEW_HEIGHT
) -> dict[Shape, float]:
    """Compute the overlap of the object with the best outline of each shape, averaged over its clearest frames."""
    area = mine.float().mean(dim=(1, 2))
    frames = clearest_frames(mine, others)
    frames = [frame for frame in frames if area[frame] > MIN_AREA]
    if not frames:
        return dict.fromkeys(Shape, 0.0)
    windows = torch.cat([_window(mine[frame], others[frame]) for frame in frames])  # [N 2 WINDOW WINDOW]
    kinds, outlines = _outlines(view_height)
    shown, known = windows.split(1, dim=1)
    margin = WINDOW // 2 - SHIFT
    inner = outlines[:, :, SHIFT:-SHIFT, SHIFT:-SHIFT] if margin > 0 else outlines
    common = F.conv2d(shown, inner)  # [N K 2 * SHIFT + 1 2 * SHIFT + 1]
    either = shown.sum(dim=(1, 2, 3))[:, None, None, None] + F.conv2d(known, inner) - common
    overlap = (common / either.clamp(min=1e-6)).amax(dim=(2, 3))  # [N K]
    return {shape: float(overlap[:, kinds == shape.value].amax(dim=1).mean()) for shape in Shape}


def clearest_frames(mine: torch.Tensor, others: torch.Tensor) -> list[int]:
    """List the frames in which most of the object shows and least of its border touches what may hide it."""
    area = mine.float().sum(dim=(1, 2))  # [F]
    blocked = F.pad(others.float()[:, None], (1, 1, 1, 1), value=1.0)
    touching = (F.max_pool2d(blocked, 3, 1)[:, 0] * mine).sum(dim=(1, 2))
    clear = torch.where(area > 0.5 * area.max(), touching / area.sqrt().clamp(min=1), torch.inf)
    quality = clear + 0.02 * torch.arange(len(area)).remainder(3)  # among equals, take frames that differ
    return [int(frame) for frame in quality.argsort()[:FRAMES] if clear[frame] < torch.inf]


def _window(mine: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Cut a square around the object of one frame: its pixels, and those that are known, [1 2 WINDOW WINDOW]."""
    height, width = mine.shape
    y, x = mine.nonzero().float().mean(dim=0) + 0.5
    side = WIDTH * float(mine.sum()) ** 0.5
    steps = ((torch.arange(WINDOW) + 0.5) / WINDOW - 0.5) * side
    rows, columns = (y + steps) / height * 2 - 1, (x + steps) / width * 2 - 1
    grid = torch.stack([columns.expand(WINDOW, -1), rows[:, None].expand(-1, WINDOW)], dim=-1)[None]
    layers = torch.stack([mine.float(), (~others).float()])[None]
    return F.grid_sample(layers, grid, align_corners=False)


@cache
def _outlines(view_height: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw the outlines of every shape, angle and scale: shapes [K] as indices, and pictures [K 1 WINDOW WINDOW]."""
    fine = 4  # rays per pixel along each side
    position = ((torch.arange(WINDOW * fine) + 0.5) / (WINDOW * fine) - 0.5) * WIDTH
    y, x = (one.flatten() for one in torch.meshgrid(-position, position, indexing="ij"))
    kinds, pictures = [], []
    for shape in Shape:
        unit = max(_outline(shape, view_height, 0.0, x, y, 1.0).mean().item(), 1e-6) * WIDTH**2
        for step in range(YAWS.get(shape, 1)):
            for scale in SCALES:
                yaw = step * math.pi / 2 / YAWS.get(shape, 1)
                picture = _outline(shape, view_height, yaw, x, y, scale / unit**0.5)
                picture = picture.view(1, 1, WINDOW * fine, WINDOW * fine)
                pictures.append(F.avg_pool2d(picture, fine))
                kinds.append(shape.value)
    return torch.tensor(kinds), torch.cat(pictures)


def _outline(
    shape: Shape, view_height: float, yaw: float, x: torch.Tensor, y: torch.Tensor, scale: float
) -> torch.Tensor:
    """Draw a body of half-height `scale` around (0, 0), where (x, y) are points of the picture: 1 or 0, [N]."""
    across, above = x / scale, y / scale
    eye = (VIEW_DISTANCE * math.sin(yaw), view_height, VIEW_DISTANCE * math.cos(yaw))
    right = (math.cos(yaw), 0.0, -math.sin(yaw))
    back = torch.tensor(eye) / torch.tensor(eye).norm()
    up = torch.linalg.cross(back, torch.tensor(right))
    length = torch.tensor(eye).norm()
    ray = [-back[axis] * length + right[axis] * across + up[axis] * above for axis in range(3)]
    origin = [torch.full_like(x, value) for value in eye]
    hit = MEET[shape]((origin[0], origin[1], origin[2]), (ray[0], ray[1], ray[2]), torch.ones(()))
    return (hit.distance < FAR).float()

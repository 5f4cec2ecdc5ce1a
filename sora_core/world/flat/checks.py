"""Checks that read the attributes of a scene from its frames, without a learnt model.

The background is the median colour, and the object is what differs from it. The shape is the one of three true masks,
with the same area and position, that fits the object's mask best. The motion is that of the mask's centre.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeVar

import torch

from ...canvas.shapes import VideoShape
from ..colour_distance import colour_distance
from ..palette import Colour
from .attributes import Attributes, Background, Direction, Shape, Speed
from .renderer import coverage

FIRST_MOTION_SECONDS = 0.75  # the direction is measured over this time, before a bounce
MIN_AREA, MAX_AREA = 0.02, 0.45  # share of the frame; outside it there is no object, or no background
SPEED_LIMIT = 0.15  # between slow and fast, in sqrt(height * width) per second
MAX_SHAPE_ERROR = 0.3  # share of its area by which an object may differ from a shape and still count as it
MIN_CONTRAST = 0.15  # rgb distance below which an object cannot be told from the background
MASK_FLOOR = 0.15  # differences below this share of the strongest one count as codec noise

Named = TypeVar("Named", Colour, Background)


class Reading(NamedTuple):
    """Attributes that were read; None for one that cannot be read. Motion is None for a single frame."""

    shape: Shape | None
    colour: Colour | None
    background: Background | None
    direction: Direction | None
    speed: Speed | None

    def matches(self, wanted: Attributes) -> tuple[bool, ...]:
        """Compare each attribute with `wanted`, in the order of Attributes."""
        return tuple(found is asked for found, asked in zip(self, wanted, strict=True))


def read_attributes(frames: torch.Tensor, fps: float) -> Reading:
    """Read the attributes of one clip. frames: [3 F H W] in -1..1."""
    frames = (frames.float() / 2 + 0.5).clamp(0, 1)
    ground = _median_colour(frames)
    background = _nearest(ground, Background)
    mask = object_mask(frames, ground)  # [F H W]
    area = mask.mean(dim=(1, 2))
    if not bool(((area > MIN_AREA) & (area < MAX_AREA)).all()):
        return Reading(None, None, background, None, None)
    core = mask > 0.8
    colour = _nearest(frames[:, core].median(dim=1).values if bool(core.any()) else ground, Colour)
    track = mask_centres(mask)  # [F 2]
    return Reading(fitting_shape(mask, track)[0], colour, background, *first_motion(track, mask.shape[1:], fps))


def object_mask(frames: torch.Tensor, ground: torch.Tensor | None = None) -> torch.Tensor:
    """Compute a soft mask [F H W] in 0..1 of what is not background.

    frames: [3 F H W] in 0..1. ground: background colour [3], or one per frame [3 F]; the median of all by default.
    """
    ground = _median_colour(frames) if ground is None else ground
    distance = colour_distance(frames, ground)
    full = distance.flatten(1).kthvalue(int(distance[0].numel() * 0.97), dim=1).values.clamp(min=MIN_CONTRAST)  # [F]
    mask = (distance / full[:, None, None]).clamp(0, 1)
    return torch.where(mask < MASK_FLOOR, 0.0, mask)


def mask_centres(mask: torch.Tensor) -> torch.Tensor:
    """Compute the centre of mass of each frame's mask in pixels: [F H W] -> [F 2] as (y, x)."""
    weight = mask.sum(dim=(1, 2)).clamp(min=1e-6)
    y = torch.arange(mask.shape[1], dtype=mask.dtype) + 0.5
    x = torch.arange(mask.shape[2], dtype=mask.dtype) + 0.5
    return torch.stack([(mask.sum(dim=2) @ y) / weight, (mask.sum(dim=1) @ x) / weight], dim=1)


def object_track(frames: torch.Tensor) -> torch.Tensor:
    """Compute the object's centre in each frame: [3 F H W] in 0..1 -> [F 2] in pixels as (y, x)."""
    return mask_centres(object_mask(frames))


def _median_colour(frames: torch.Tensor) -> torch.Tensor:
    """[3 F H W] -> [3]."""
    return frames.flatten(1).median(dim=1).values


def _nearest(rgb: torch.Tensor, names: type[Named]) -> Named:
    return min(names, key=lambda name: float((rgb - torch.tensor(name.rgb)).norm()))


def fitting_shape(mask: torch.Tensor, track: torch.Tensor) -> tuple[Shape | None, float]:
    """Find the shape whose true mask, at the same area and position, fits best; returns it and its radius in pixels.

    mask: [F H W]. track: the mask's centres, [F 2]. The shape is None if none fits within MAX_SHAPE_ERROR.
    """
    frames, height, width = mask.shape
    area = mask.sum(dim=(1, 2)).median()
    errors, radii = {}, {}
    for index, kind in enumerate(Shape):
        probe = VideoShape(1, height, width)
        middle = torch.tensor([[[height / 2, width / 2]]])
        unit = coverage(torch.tensor([index]), middle, torch.tensor([min(height, width) / 4]), probe)[0]  # [1 H W]
        radius = (area / unit.sum()).sqrt() * min(height, width) / 4
        offset = (mask_centres(unit) - middle[0]) * radius / (min(height, width) / 4)
        template = coverage(
            torch.tensor([index]), (track - offset)[None], radius[None], VideoShape(frames, height, width)
        )
        radii[kind] = float(radius)
        errors[kind] = float((template[0] - mask).abs().mean(dim=(1, 2)).median())
    best = min(errors, key=lambda kind: errors[kind])
    fits = errors[best] * height * width < MAX_SHAPE_ERROR * float(area)
    return best if fits else None, radii[best]


def first_motion(track: torch.Tensor, size: torch.Size, fps: float) -> tuple[Direction | None, Speed | None]:
    """Measure direction of the first motion and median speed of a track [F 2]. size: (height, width) of the frames."""
    if len(track) < 3:
        return None, None
    first = max(2, round(FIRST_MOTION_SECONDS * fps))
    moved = (track[min(first, len(track) - 1)] - track[0]).tolist()
    axis = 0 if abs(moved[0]) > abs(moved[1]) else 1
    steps: list[Enum] = [Direction.UP, Direction.DOWN] if axis == 0 else [Direction.LEFT, Direction.RIGHT]
    direction = steps[int(moved[axis] > 0)]
    pace = (track[2:, axis] - track[:-2, axis]).abs().median() / 2 * fps / (size[0] * size[1]) ** 0.5
    return Direction(direction), Speed.FAST if float(pace) > SPEED_LIMIT else Speed.SLOW

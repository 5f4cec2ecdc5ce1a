"""Scenes of the painter: one stroke along a course, or food from which bites go; and their exact state in time.

Lengths are in pixels, positions are (y, x), and a frame's unit is sqrt(height * width).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from .attributes import Food, Meal, Path, Stroke, Wanted, Way

STROKE_RADIUS = 0.05  # half the thickness of a stroke, in units
MARGIN = 0.12  # between the course of a stroke and the frame, in units
MAX_WAVE = 0.5  # height of waves and zigzags, in units
FIRST_MOTION = 0.125  # seconds before the brush moves, and the earliest bite
FIRST_BITE, BITE_EVERY = 0.5, 0.5  # seconds
STROKE_SECONDS = (0.65, 0.78)  # when the stroke is complete, as parts of the scene's seconds
LIFT_SECONDS, LIFT = 0.4, 1.6  # then the brush is taken away: how long it takes, and how far, in units
FOOD_RADIUS, MAX_RADIUS = (0.27, 0.33), 0.40  # in units, and at most this part of the shorter side
FOOD_OFFSET = (-0.4, 0.4)  # parts of what is free
STEM = 0.36  # how far stem and leaf of an apple reach over it, in radii
BITE_RADIUS = 0.48  # in radii of the food
BITE_ANGLES = (0.0, 42.0, -42.0)  # of each bite from the middle of its side, in degrees
BITE_CENTRE = 0.98  # distance of bites from the food's centre, in radii
ROUNDING = 1e-6


@dataclass(frozen=True)
class Painting:
    """A stroke.

    wanted:   its attributes
    begin:    seconds at which the brush begins to move
    end:      seconds at which the stroke is complete, and the brush is lifted
    extent:   length of the course, as parts of the free height and width
    offset:   (y, x) of the course's middle from the frame's, as parts of what is free
    mirrored: whether a wave or a zigzag begins downwards, or a diagonal falls
    """

    wanted: Stroke
    begin: float
    end: float
    extent: tuple[float, float]
    offset: tuple[float, float]
    mirrored: bool


@dataclass(frozen=True)
class Eating:
    """Food.

    wanted: its attributes
    radius: in units
    offset: (y, x) of its centre from the frame's, as parts of what is free
    times:  seconds at which each bite goes
    """

    wanted: Meal
    radius: float
    offset: tuple[float, float]
    times: tuple[float, ...]


Scene = Painting | Eating


class Truth(NamedTuple):
    """Exact state at a time.

    painted: part of the stroke that is there, 0..1. lifted: how far the brush is taken away, in units, None once it is
    gone. bites: how many are gone.
    """

    painted: float = 0.0
    lifted: float | None = None
    bites: int = 0


def sample_scene(wanted: Wanted, rng: random.Random, seconds: float) -> Scene:
    """Draw a scene with these attributes; all that is told happens within `seconds`."""
    if isinstance(wanted, Stroke):
        return Painting(
            wanted,
            begin=FIRST_MOTION,
            end=seconds * rng.uniform(*STROKE_SECONDS),
            extent=(rng.uniform(0.85, 1.0), rng.uniform(0.85, 1.0)),
            offset=(rng.uniform(-1, 1), rng.uniform(-1, 1)),
            mirrored=rng.random() < 0.5,
        )
    every = BITE_EVERY * seconds / 2.0
    return Eating(
        wanted,
        radius=rng.uniform(*FOOD_RADIUS),
        offset=(rng.uniform(*FOOD_OFFSET), rng.uniform(*FOOD_OFFSET)),
        times=tuple(FIRST_BITE + every * bite for bite in range(wanted.bites)),
    )


def truth(scene: Scene, time: float) -> Truth:
    """Return the exact state of a scene at a time in seconds."""
    if isinstance(scene, Painting):
        part = (time - scene.begin) / (scene.end - scene.begin)
        away = max(0.0, (time - scene.end) / LIFT_SECONDS)
        return Truth(painted=min(max(part, 0.0), 1.0), lifted=LIFT * away**2 if away < 1 else None)
    return Truth(bites=sum(time > moment + ROUNDING for moment in scene.times))


def course(scene: Painting, parts: Sequence[float], height: int, width: int) -> torch.Tensor:
    """Return the points of a stroke's course at parts 0..1 of its length: [len(parts) 2] as (y, x) in pixels."""
    part = torch.tensor([1 - one if scene.wanted.way is Way.BACK else one for one in parts])
    unit, path = (height * width) ** 0.5, scene.wanted.path
    free = [length - 2 * MARGIN * unit for length in (height, width)]
    tall, wide = (length * extent for length, extent in zip(free, scene.extent, strict=True))
    if path in (Path.WAVE, Path.ZIGZAG):
        tall, wide = min(tall, MAX_WAVE * unit), min(wide, unit)
    tall, wide = _box(path, tall, wide)
    room = torch.tensor([(free[0] - tall) / 2 * scene.offset[0], (free[1] - wide) / 2 * scene.offset[1]])
    return figure(path, part, tall, wide, mirrored=scene.mirrored) + room + torch.tensor([height / 2, width / 2])


def _box(path: Path, tall: float, wide: float) -> tuple[float, float]:
    """Return height and width of a course within the height and width that it could have."""
    if path is Path.RING:
        return min(tall, wide), min(tall, wide)
    return (0.0 if path is Path.LINE else tall), (0.0 if path is Path.UPRIGHT else wide)


def figure(path: Path, part: torch.Tensor, tall: float, wide: float, *, mirrored: bool = False) -> torch.Tensor:
    """Return points of a course around the origin at parts [N] of its length: [N 2] as (y, x).

    tall, wide: its extent. mirrored: upside down, which changes diagonals, waves and zigzags alone.
    """
    down = (part - 0.5) * tall
    right = (part - 0.5) * wide
    if path is Path.RING:
        angle = 2 * math.pi * part
        return torch.stack([-angle.cos() * tall / 2, angle.sin() * wide / 2], dim=1)
    if path is Path.WAVE:
        down, right = _wave(part, tall, wide)
    if path is Path.ZIGZAG:  # three straight legs
        down = (0.5 - ((3 * part).remainder(2) - 1).abs()) * tall
    turned = mirrored and path in (Path.DIAGONAL, Path.WAVE, Path.ZIGZAG)
    return torch.stack([-down if turned else down, right], dim=1)


def _wave(part: torch.Tensor, tall: float, wide: float) -> tuple[torch.Tensor, torch.Tensor]:
    """A sine of one and a half periods, followed at even speed."""
    fine = torch.linspace(0, 1, 513)
    down, right = (3 * math.pi * fine).sin() * tall / 2, (fine - 0.5) * wide
    travelled = torch.cat([fine.new_zeros(1), (down.diff().square() + right.diff().square()).sqrt().cumsum(0)])
    travelled = travelled / travelled[-1]
    after = torch.searchsorted(travelled, part.contiguous()).clamp(1, len(fine) - 1)
    between = (part - travelled[after - 1]) / (travelled[after] - travelled[after - 1])
    return torch.lerp(down[after - 1], down[after], between), torch.lerp(right[after - 1], right[after], between)


def bite_places(scene: Eating, height: int, width: int) -> torch.Tensor:
    """Return the centres of all bites: [bites 2] as (y, x) in pixels."""
    radius, centre = food_disc(scene, height, width)
    y, x = scene.wanted.side.step
    middle = math.atan2(y, x)
    angles = torch.tensor([middle + math.radians(turn) for turn in BITE_ANGLES[: scene.wanted.bites]])
    return torch.stack([angles.sin(), angles.cos()], dim=1) * BITE_CENTRE * radius + torch.tensor(centre)


def food_disc(scene: Eating, height: int, width: int) -> tuple[float, tuple[float, float]]:
    """Return the food's radius and its centre (y, x) in pixels. All of it is in the frame, with an apple's stem."""
    radius = min(scene.radius * (height * width) ** 0.5, MAX_RADIUS * min(height, width))
    crown = STEM if scene.wanted.food is Food.APPLE else 0.0
    free = (height - (2 + crown) * radius, width - 2 * radius)
    middle = (height / 2 + crown / 2 * radius, width / 2)
    return radius, (middle[0] + scene.offset[0] * free[0] / 2, middle[1] + scene.offset[1] * free[1] / 2)

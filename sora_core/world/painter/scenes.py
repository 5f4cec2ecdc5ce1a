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

from .attributes import Meal, Path, Stroke, Wanted, Way

STROKE_RADIUS = 0.05  # half the thickness of a stroke, in units
MARGIN = 0.12  # between the course of a stroke and the frame, in units
FIRST_MOTION = 0.125  # seconds before the brush moves, and the earliest bite
FIRST_BITE, BITE_EVERY = 0.5, 0.5  # seconds
STROKE_SECONDS = (0.75, 0.9)  # how long painting lasts, as parts of the scene's seconds
FOOD_RADIUS = (0.27, 0.33)  # in units
BITE_RADIUS = 0.48  # in radii of the food
BITE_ANGLES = (0.0, 42.0, -42.0)  # of each bite from the middle of its side, in degrees
BITE_CENTRE = 0.98  # distance of bites from the food's centre, in radii
ROUNDING = 1e-6


@dataclass(frozen=True)
class Painting:
    """A stroke.

    wanted:   its attributes
    begin:    seconds at which the brush begins to move
    end:      seconds at which the stroke is complete
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
    offset: (y, x) of its centre from the frame's, in units
    times:  seconds at which each bite goes
    """

    wanted: Meal
    radius: float
    offset: tuple[float, float]
    times: tuple[float, ...]


Scene = Painting | Eating


class Truth(NamedTuple):
    """Exact state at a time. painted: part of the stroke that is there, 0..1. bites: how many are gone."""

    painted: float
    bites: int


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
        offset=(rng.uniform(-0.06, 0.06), rng.uniform(-0.06, 0.06)),
        times=tuple(FIRST_BITE + every * bite for bite in range(wanted.bites)),
    )


def truth(scene: Scene, time: float) -> Truth:
    """Return the exact state of a scene at a time in seconds."""
    if isinstance(scene, Painting):
        part = (time - scene.begin) / (scene.end - scene.begin)
        return Truth(painted=min(max(part, 0.0), 1.0), bites=0)
    return Truth(painted=0.0, bites=sum(time > moment + ROUNDING for moment in scene.times))


def course(scene: Painting, parts: Sequence[float], height: int, width: int) -> torch.Tensor:
    """Return the points of a stroke's course at parts 0..1 of its length: [len(parts) 2] as (y, x) in pixels."""
    part = torch.tensor([1 - one if scene.wanted.way is Way.BACK else one for one in parts], dtype=torch.float64)
    unit = (height * width) ** 0.5
    free = torch.tensor([height, width], dtype=torch.float64) - 2 * MARGIN * unit  # of the whole course
    extent = free * torch.tensor(scene.extent, dtype=torch.float64)
    path = scene.wanted.path
    flat = torch.zeros_like(part)
    if path is Path.RING:
        radius = 0.5 * float(extent.min())
        angle = 2 * math.pi * part
        around = torch.stack([-torch.cos(angle), torch.sin(angle)], dim=1) * radius
        extent = extent.new_tensor([2 * radius, 2 * radius])
    elif path is Path.UPRIGHT:
        around, extent = torch.stack([(part - 0.5) * extent[0], flat], dim=1), extent * extent.new_tensor([1, 0])
    elif path is Path.LINE:
        around, extent = torch.stack([flat, (part - 0.5) * extent[1]], dim=1), extent * extent.new_tensor([0, 1])
    else:
        extent = extent.minimum(extent.new_tensor([0.5 * unit, unit])) if path is not Path.DIAGONAL else extent
        along, across = _TURNS[path](part, float(extent[1]), float(extent[0]))
        around = torch.stack([across * (-1 if scene.mirrored else 1), along], dim=1)
    middle = torch.tensor([height, width], dtype=torch.float64) / 2
    room = (free - extent) / 2 * torch.tensor(scene.offset, dtype=torch.float64)
    return (middle + room + around).float()


def _diagonal(part: torch.Tensor, length: float, tall: float) -> tuple[torch.Tensor, torch.Tensor]:
    return (part - 0.5) * length, (part - 0.5) * tall


def _wave(part: torch.Tensor, length: float, tall: float) -> tuple[torch.Tensor, torch.Tensor]:
    """A sine of one and a half periods, followed at even speed."""
    fine = torch.linspace(0, 1, 513, dtype=part.dtype)
    along, across = (fine - 0.5) * length, torch.sin(3 * math.pi * fine) * tall / 2
    travelled = torch.cat([fine.new_zeros(1), (along.diff().square() + across.diff().square()).sqrt().cumsum(0)])
    index = torch.searchsorted(travelled / travelled[-1], part).clamp(0, 512)
    return along[index], across[index]


def _zigzag(part: torch.Tensor, length: float, tall: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Three straight legs: down, up and down again."""
    legs = (3 * part).remainder(2)
    return (part - 0.5) * length, (0.5 - (legs - 1).abs()) * tall


_TURNS = {Path.DIAGONAL: _diagonal, Path.WAVE: _wave, Path.ZIGZAG: _zigzag}


def bite_places(scene: Eating, height: int, width: int) -> torch.Tensor:
    """Return the centres of all bites: [bites 2] as (y, x) in pixels."""
    unit = (height * width) ** 0.5
    y, x = scene.wanted.side.step
    middle = math.atan2(y, x)
    angles = torch.tensor([middle + math.radians(turn) for turn in BITE_ANGLES[: scene.wanted.bites]])
    reach = BITE_CENTRE * scene.radius * unit
    return torch.stack([angles.sin(), angles.cos()], dim=1) * reach + food_centre(scene, height, width)


def food_centre(scene: Eating, height: int, width: int) -> torch.Tensor:
    """Return the food's centre: [2] as (y, x) in pixels."""
    unit = (height * width) ** 0.5
    return torch.tensor([height / 2 + scene.offset[0] * unit, width / 2 + scene.offset[1] * unit])
